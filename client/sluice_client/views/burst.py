"""A burst on stderr: a bar on a terminal, a line now and then anywhere else; and its summary."""

from datetime import timedelta
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Column
from rich.text import Text

from sluice_client.burst.progress import Standing
from sluice_client.burst.summary import Tally
from sluice_client.transport.clock import Clock
from sluice_client.views.duration import in_words
from sluice_client.views.printable import one_line

#: Seconds between two lines where there is no bar.
_EVERY = 30.0

#: How many of those without an answer are named.
_NAMED = 10

_BAR_WIDTH = 24

#: Seconds of which a rate says something.
_RATED = 10.0


class BurstView:
    """Shows a standing, from `with` to its end; the bar then vanishes."""

    def __init__(self, console: Console, clock: Clock, standing: Standing) -> None:
        self._console = console
        self._clock = clock
        self._standing = standing
        self._told_at = clock.monotonic()
        self._told_of = ""
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
        self._task = self._bar.add_task(self.words(), total=standing.total)

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
        """Show how it stands now."""
        if not self._bar.disable:
            words = self.words()
            self._bar.update(self._task, completed=self._standing.done, description=words)
        elif self._clock.monotonic() - self._told_at >= _EVERY:
            self._told_at = self._clock.monotonic()
            self._console.print(Text(self.words()), soft_wrap=True)
        self._tell_of_waiting()

    def words(self) -> str:
        """Return "1,204 of 5,000, 312 a minute, 12 min left, 3 failed, 2,000 open"."""
        standing = self._standing
        words = [f"{standing.done:,} of {standing.total:,}"]
        if standing.rate is not None:
            words.append(f"{standing.rate:,.0f} a minute")
        if standing.seconds_left is not None:
            words.append(f"{in_words(standing.seconds_left)} left")
        if standing.failed:
            words.append(f"{standing.failed:,} without answer")
        if standing.open:
            full = " (the service takes no more for now)" if standing.is_full else ""
            words.append(f"{standing.open:,} open{full}")
        return ", ".join(words)

    def _tell_of_waiting(self) -> None:
        waits_for = self._standing.waits_for
        if waits_for == self._told_of:
            return
        news = f"Trying again. {waits_for}" if waits_for else "The service answers again."
        self._told_of = waits_for
        self._console.print(Text(one_line(news), "yellow" if waits_for else ""), soft_wrap=True)


def summary(tally: Tally, *, total: int, ended: int, seconds: float) -> list[str]:
    """Return the lines that end a burst; `ended` jobs did so in this run of `seconds`."""
    answered = f"{tally.completed:,} of {total:,} answered"
    if tally.ungrounded:
        answered += f", {tally.ungrounded:,} of them without sources"
    lines = [f"{answered}."]
    lost = [f"{kind} ({count:,})" for kind, count in tally.failed.most_common()]
    if lost:
        lines.append(f"{tally.failed.total():,} failed: {', '.join(lost)}.")
    if tally.cancelled:
        lines.append(f"{tally.cancelled:,} cancelled.")
    if tally.unanswered:
        more = len(tally.unanswered) - _NAMED
        names = ", ".join(tally.unanswered[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")
        lines.append(f"Without answer: {names}. Ask them again with --retry-failed.")
    lines.append(_spent(tally))
    if ended:
        rate = f", {ended / seconds * 60:,.0f} a minute" if seconds >= _RATED else ""
        lines.append(f"{ended:,} in {timedelta(seconds=round(seconds))}{rate}.")
    return lines


def _spent(tally: Tally) -> str:
    cost = "" if tally.cost_usd is None else f", {tally.cost_usd:,.4f} US dollars"
    return f"{tally.input_tokens:,} tokens in, {tally.output_tokens:,} out{cost}."
