"""LiveAnswer: a job on a terminal, its answer shown as it is written.

The status line is on stderr and the answer on stdout. Both are the same screen, so only one is
shown at a time. When the connection breaks in mid-sentence, the status line appears below it, and
disappears before the sentence continues where it stopped.
"""

from rich.console import Console
from rich.control import Control
from rich.segment import ControlType
from rich.text import Text

from sluice_client.api.events import (
    Event,
    Interrupted,
    JobInProgress,
    JobQueued,
    Resumed,
    SourcesFound,
    TextDelta,
    TextRestarted,
)
from sluice_client.views.progress import Progress
from sluice_client.views.streamed_text import StreamedText


class LiveAnswer:
    """Shows one job's events. `progress`: the status line, open meanwhile."""

    def __init__(self, out: Console, progress: Progress) -> None:
        self._out = out
        self._progress = progress
        self._text = StreamedText(out)
        #: The column at which a sentence was interrupted; None if it was not.
        self._stopped: int | None = None

    @property
    def has_text(self) -> bool:
        """Whether any of the answer is on the screen."""
        return not self._text.is_empty

    def show(self, event: Event) -> None:
        """Show an event."""
        if isinstance(event, TextDelta):
            self._write(event.text)
        elif isinstance(event, TextRestarted):
            self._start_again()
        elif isinstance(event, Interrupted):
            self._interrupt()
        elif isinstance(event, Resumed):
            self._resume()
        elif isinstance(event, SourcesFound):
            self._progress.say("answering")
        elif isinstance(event, JobQueued | JobInProgress):
            self._progress.show(event.job)

    def end(self) -> None:
        """End the text, complete or not, and its line."""
        self._continue()
        self._progress.hide()
        self._text.end()

    def _write(self, text: str) -> None:
        self._continue()
        self._progress.hide()
        self._text.write(text)

    def _start_again(self) -> None:
        self.end()
        self._out.print(Text("The answer starts again.", "dim"), soft_wrap=True)
        self._out.print()
        self._text = StreamedText(self._out)
        self._progress.resume()

    def _interrupt(self) -> None:
        if self._text.column and self._stopped is None:
            self._stopped = self._text.column
            self._out.print()
        self._progress.say("reconnecting")
        self._progress.resume()

    def _resume(self) -> None:
        self._progress.say("answering" if self.has_text else "waiting for updates")
        if self.has_text:
            self._continue()

    def _continue(self) -> None:
        """Move the cursor back to where a sentence was interrupted."""
        column, self._stopped = self._stopped, None
        if column is None:
            return
        self._progress.hide()
        if self._progress.is_live:  # otherwise its lines stay below the text
            back = (ControlType.CURSOR_UP, 1), (ControlType.CURSOR_MOVE_TO_COLUMN, column)
            self._out.control(Control(*back))
