"""The result of one case: counts, times and ratios."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from bench.burst.case import Case


@dataclass(frozen=True)
class Sample:
    """The upstream's counters at a time, in seconds since the burst began."""

    seconds: float
    answers: int
    throttled: int


@dataclass(frozen=True)
class BurstResult:
    """One case as it was measured. Seconds count from the burst's first submission."""

    case: Case
    measured_at: str
    #: Questions that were answered, and that the system gave up.
    completed: int = 0
    failed: int = 0
    #: Until the last question was answered or given up.
    seconds: float = 0.0
    #: Model calls, with every try; how many of them and of the queries were throttled; queries.
    calls: int = 0
    throttled: int = 0
    queries: int = 0
    #: Tokens charged to the model's quota.
    charged: float = 0.0
    #: The most tokens charged in any minute, if the upstream reports it.
    largest_minute: float | None = None
    #: Empty if the upstream reports no counters.
    samples: list[Sample] = field(default_factory=list)
    #: Share of the cores that was busy; the longest delay of a sample in seconds; load average.
    busy: float | None = None
    sample_delay: float = 0.0
    load: float = 0.0
    #: Of Sluice only: deliveries of the burst's messages by what the worker logged about them, the
    #: most attempts at one job, worker processes, and the seconds that a single question took
    #: without a burst and during the burst.
    deliveries: dict[str, int] = field(default_factory=dict)
    attempts: int = 0
    workers: int = 0
    unloaded: list[float] = field(default_factory=list)
    during: list[float] = field(default_factory=list)
    #: What went wrong with the measurement, or with most of the failed questions.
    note: str = ""

    @property
    def ideal(self) -> float:
        """Seconds in which the quota allows what was charged."""
        return self.case.ideal_seconds(self.charged, self.queries)

    @property
    def drain(self) -> float:
        """The burst's seconds as a multiple of the ideal; infinite unless every question ended."""
        if not self.has_ended or not self.ideal:
            return math.inf
        return self.seconds / self.ideal

    @property
    def has_ended(self) -> bool:
        """Whether every question was answered or given up."""
        return self.completed + self.failed == self.case.questions

    @property
    def throttled_share(self) -> float:
        """The share of the calls that were throttled; queries count if they have a quota."""
        calls = self.calls + (self.queries if self.case.queries_per_second else 0)
        return self.throttled / calls if calls else 0.0

    @property
    def receives(self) -> float | None:
        """Deliveries of a job's message, on average."""
        total = sum(self.deliveries.values())
        return total / self.case.questions if total else None

    @property
    def slowdown(self) -> tuple[float, float] | None:
        """A single question's median and longest time during the burst, over that without."""
        if not self.unloaded or not self.during:
            return None
        unloaded = percentile(self.unloaded, 50)
        return percentile(self.during, 50) / unloaded, max(self.during) / unloaded


def percentile(values: Iterable[float], share: float) -> float:
    """The smallest value that `share` per cent of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("values: must not be empty")
    return ordered[max(0, math.ceil(share / 100 * len(ordered)) - 1)]


def ideal_line(result: BurstResult) -> list[tuple[float, float]]:
    """The ideal as (seconds, answers): an even pace at the quota, from none to all."""
    return [(0.0, 0.0), (result.ideal, float(result.case.questions))]


def thin(samples: Sequence[Sample]) -> list[Sample]:
    """The samples at which a counter changed, and the last one before each of them."""
    kept = [
        sample
        for place, sample in enumerate(samples)
        if place in (0, len(samples) - 1)
        or _counts(sample) != _counts(samples[place - 1])
        or _counts(sample) != _counts(samples[place + 1])
    ]
    return [replace(sample, seconds=round(sample.seconds, 1)) for sample in kept]


def _counts(sample: Sample) -> tuple[int, int]:
    return sample.answers, sample.throttled
