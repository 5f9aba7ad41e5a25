"""A burst on stderr: a bar on a terminal, or else a line every 30 seconds; and its summary."""

from datetime import timedelta
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Column
from rich.text import Text

from sluice_client.burst.progress import BurstProgress
from sluice_client.burst.summary import Summary
from sluice_client.transport.clock import Clock
from sluice_client.views.duration import in_words
from sluice_client.views.printable import one_line

#: Seconds between two lines where there is no bar.
_EVERY = 30.0

#: Questions without an answer that are named.
_NAMED = 10

_BAR_WIDTH = 24

#: Seconds after which a rate means something.
_RATED = 10.0


class BurstView:
    """Shows the progress of a burst while its `with` block runs. The bar then disappears."""

    def __init__(self, console: Console, clock: Clock, progress: BurstProgress) -> None:
        self._console = console
        self._clock = clock
        self._progress = progress
        self._printed_at = clock.monotonic()
        self._printed_wait = ""
        self._bar = Progress(
            SpinnerColumn("dots" if console.encoding.lower().startswith("utf") else "line"),
            BarColumn(_BAR_WIDTH),
            TextColumn(
                "{task.description}", table_column=Column(no_wrap=True, overflow="ellipsis")
            ),
            console=console,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            disable=not console.is_terminal or console.is_dumb_terminal,
        )
        self._task = self._bar.add_task(self.words(), total=progress.total)

    def __enter__(self) -> Self:
        self._bar.start()
        self.tick()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def tick(self) -> None:
        """Show the current progress."""
        if not self._bar.disable:
            words = self.words()
            self._bar.update(self._task, completed=self._progress.done, description=words)
        elif self._clock.monotonic() - self._printed_at >= _EVERY:
            self._printed_at = self._clock.monotonic()
            self._console.print(Text(self.words()), soft_wrap=True)
        self._print_waiting()

    def words(self) -> str:
        """Return "1,204 of 5,000, 312 a minute, 12 min left, 3 without answer, 2,000 open"."""
        progress = self._progress
        words = [f"{progress.done:,} of {progress.total:,}"]
        if progress.rate is not None:
            words.append(f"{progress.rate:,.0f} a minute")
        if progress.seconds_left is not None:
            words.append(f"{in_words(progress.seconds_left)} left")
        if progress.failed:
            words.append(f"{progress.failed:,} without answer")
        if progress.open:
            full = " (the service accepts no more for now)" if progress.is_full else ""
            words.append(f"{progress.open:,} open{full}")
        return ", ".join(words)

    def _print_waiting(self) -> None:
        waits_for = self._progress.waits_for
        if waits_for == self._printed_wait:
            return
        line = f"Trying again. {waits_for}" if waits_for else "The service answers again."
        self._printed_wait = waits_for
        self._console.print(Text(one_line(line), "yellow" if waits_for else ""), soft_wrap=True)


def summary_lines(summary: Summary, *, total: int, ended: int, seconds: float) -> list[str]:
    """Return the lines that end a burst. `ended`: jobs that ended in this run of `seconds`."""
    answered = f"{summary.completed:,} of {total:,} answered"
    if summary.ungrounded:
        answered += f", {summary.ungrounded:,} of them without sources"
    lines = [f"{answered}."]
    kinds = [f"{kind} ({count:,})" for kind, count in summary.failed.most_common()]
    if kinds:
        lines.append(f"{summary.failed.total():,} failed: {', '.join(kinds)}.")
    if summary.cancelled:
        lines.append(f"{summary.cancelled:,} cancelled.")
    if summary.unanswered:
        more = len(summary.unanswered) - _NAMED
        names = ", ".join(summary.unanswered[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")
        lines.append(f"Without answer: {names}. Ask them again with --retry-failed.")
    lines.append(_spent(summary))
    if ended:
        rate = f", {ended / seconds * 60:,.0f} a minute" if seconds >= _RATED else ""
        lines.append(f"{ended:,} in {timedelta(seconds=round(seconds))}{rate}.")
    return lines


def _spent(summary: Summary) -> str:
    cost = "" if summary.cost_usd is None else f", {summary.cost_usd:,.4f} US dollars"
    return f"{summary.input_tokens:,} tokens in, {summary.output_tokens:,} out{cost}."
