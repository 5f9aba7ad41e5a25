"""Progress: one status line on a terminal, or else a plain line per change."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from sluice_client.api.job import Job
from sluice_client.transport.clock import Clock
from sluice_client.views.duration import in_words
from sluice_client.views.phase import phase
from sluice_client.views.printable import one_line

#: Renders per second, for the spinner and the seconds.
_REFRESH = 10


class Progress:
    """Shows the phase of a job while its `with` block runs. The status line then disappears."""

    def __init__(self, console: Console, clock: Clock, doing: str) -> None:
        self._console = console
        self._clock = clock
        self._began = clock.monotonic()
        self._doing = doing
        self._live: Live | None = None
        unicode = console.encoding.lower().startswith("utf")
        self._spinner = Spinner("dots" if unicode else "line")

    def __enter__(self) -> Self:
        self.resume()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.hide()

    def hide(self) -> None:
        """Remove the status line."""
        if self._live:
            self._live.stop()
            self._live = None

    def resume(self) -> None:
        """Show the status line, if this is a terminal."""
        if self._live or not self.is_live:
            return
        self._live = Live(
            console=self._console,
            get_renderable=self.line,
            refresh_per_second=_REFRESH,
            transient=True,
            redirect_stdout=False,  # the result is not progress
            redirect_stderr=False,
        )
        self._live.start(refresh=True)

    @property
    def is_live(self) -> bool:
        """Whether a status line can be shown."""
        return self._console.is_terminal and not self._console.is_dumb_terminal

    def show(self, job: Job) -> None:
        """Show the phase of a job that has changed."""
        if job.finished:
            self._doing = ""
        else:
            self.say(phase(job))

    def say(self, doing: str) -> None:
        """Show what is happening now."""
        doing = one_line(doing)
        if doing == self._doing:
            return
        self._doing = doing
        if self._live:
            self._live.refresh()
        elif not self.is_live:
            self._console.print(Text(doing), soft_wrap=True)

    def line(self) -> Text:
        """Return the status line as it is now."""
        elapsed = in_words(self._clock.monotonic() - self._began)
        frame = self._spinner.render(self._console.get_time())
        line = Text.assemble(str(frame), " ", self._doing, (f"  {elapsed}", "dim"))
        line.no_wrap, line.overflow = True, "ellipsis"  # in a narrow window too
        return line
