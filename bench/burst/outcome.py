"""What came of a case: counts, times and ratios."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from bench.burst.case import Case


@dataclass(frozen=True)
class Look:
    """The upstream's counters at a moment, in seconds since the burst began."""

    seconds: float
    answers: int
    throttled: int


@dataclass(frozen=True)
class Outcome:
    """One case as it was measured. Seconds count from the burst's first submission."""

    case: Case
    measured_at: str
    #: Questions that were answered, and that were given up.
    completed: int = 0
    failed: int = 0
    #: Until the last question was answered or given up.
    seconds: float = 0.0
    #: Model calls, every try counted; those of them, and of the queries, that were throttled.
    calls: int = 0
    throttled: int = 0
    queries: int = 0
    #: Tokens of the model's quota.
    charged: float = 0.0
    #: The most tokens that counted in any minute, if the upstream told.
    largest_minute: float | None = None
    #: By the second; empty if the upstream did not tell.
    looks: list[Look] = field(default_factory=list)
    #: Share of the cores that was busy; seconds that a look was late at most; load average.
    busy: float | None = None
    late: float = 0.0
    load: float = 0.0
    #: Sluice's own: deliveries of the burst's messages by what became of them, the most attempts
    #: at one job, worker processes, and the seconds of a question without and amid the burst.
    deliveries: dict[str, int] = field(default_factory=dict)
    attempts: int = 0
    workers: int = 0
    unloaded: list[float] = field(default_factory=list)
    amid: list[float] = field(default_factory=list)
    #: Why there is nothing to compare, or less.
    note: str = ""

    @property
    def ideal(self) -> float:
        return self.case.ideal_seconds(self.charged, self.queries)

    @property
    def drain(self) -> float:
        """Times the ideal; infinite unless every question came to its end."""
        if not self.is_whole or not self.ideal:
            return math.inf
        return self.seconds / self.ideal

    @property
    def is_whole(self) -> bool:
        """Whether every question came to its end."""
        return self.completed + self.failed == self.case.questions

    @property
    def throttled_share(self) -> float:
        """Of the calls that could be throttled."""
        calls = self.calls + (self.queries if self.case.queries_per_second else 0)
        return self.throttled / calls if calls else 0.0

    @property
    def receives(self) -> float | None:
        """Deliveries of a question, on average."""
        total = sum(self.deliveries.values())
        return total / self.case.questions if total else None

    @property
    def slower_amid(self) -> tuple[float, float] | None:
        """Questions amid the burst, the median and the slowest, over the median without it."""
        if not self.unloaded or not self.amid:
            return None
        alone = percentile(self.unloaded, 50)
        return percentile(self.amid, 50) / alone, max(self.amid) / alone


def percentile(values: Iterable[float], share: float) -> float:
    """The smallest value that so many per cent of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("there is no percentile of nothing")
    return ordered[max(0, math.ceil(share / 100 * len(ordered)) - 1)]


def ideal_line(outcome: Outcome) -> list[tuple[float, float]]:
    """Answers over seconds, if the quota alone set the pace and evenly: from nothing to all."""
    return [(0.0, 0.0), (outcome.ideal, float(outcome.case.questions))]


def thin(looks: Sequence[Look]) -> list[Look]:
    """The looks at which something had changed, and the last before each of them."""
    kept = [
        look
        for place, look in enumerate(looks)
        if place in (0, len(looks) - 1)
        or _counts(look) != _counts(looks[place - 1])
        or _counts(look) != _counts(looks[place + 1])
    ]
    return [replace(look, seconds=round(look.seconds, 1)) for look in kept]


def _counts(look: Look) -> tuple[int, int]:
    return look.answers, look.throttled
