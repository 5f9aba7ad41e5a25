"""Progress: one live line on a terminal, a plain line per change anywhere else."""

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

#: Renders per second: the spinner moves, the seconds count.
_REFRESH = 10


class Progress:
    """Says what a job is going through, from `with` to its end; the live line then vanishes."""

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
        """Take the live line away."""
        if self._live:
            self._live.stop()
            self._live = None

    def resume(self) -> None:
        """Show the live line, where there can be one."""
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
        """Whether this can be one line that changes."""
        return self._console.is_terminal and not self._console.is_dumb_terminal

    def show(self, job: Job) -> None:
        """Take note of a job that has changed."""
        if job.finished:
            self._doing = ""
        else:
            self.say(phase(job))

    def say(self, doing: str) -> None:
        """Take note of what is being done now."""
        doing = one_line(doing)
        if doing == self._doing:
            return
        self._doing = doing
        if self._live:
            self._live.refresh()
        elif not self.is_live:
            self._console.print(Text(doing), soft_wrap=True)

    def line(self) -> Text:
        """Return the live line as it reads now."""
        elapsed = in_words(self._clock.monotonic() - self._began)
        frame = self._spinner.render(self._console.get_time())
        line = Text.assemble(str(frame), " ", self._doing, (f"  {elapsed}", "dim"))
        line.no_wrap, line.overflow = True, "ellipsis"  # one line, also in a narrow window
        return line
