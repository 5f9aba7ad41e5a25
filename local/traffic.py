"""Counters of one upstream: how its calls ended, how many ran at once, answers per second."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from local.quota import Clock


@dataclass
class _Counts:
    throttled_by_quota: int = 0
    throttled_by_fault: int = 0
    #: Calls that a fault failed with another error, also inside a stream, or left unanswered.
    failed_by_fault: int = 0
    #: Streams whose connection a fault closed early.
    cut_by_fault: int = 0
    answers: int = 0


class Traffic:
    """The counters since the start or the last reset. For one event loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._concurrent = 0
        self.reset()

    def reset(self) -> None:
        """Set the counters to zero. Calls under way still count as under way."""
        self.counts = _Counts()
        self._most_concurrent = self._concurrent
        self._by_second: Counter[int] = Counter()
        self._since = self._clock()

    @contextmanager
    def calling(self) -> Iterator[None]:
        """Count an admitted call as under way."""
        self._concurrent += 1
        self._most_concurrent = max(self._most_concurrent, self._concurrent)
        try:
            yield
        finally:
            self._concurrent -= 1

    def answered(self) -> None:
        """Count a complete answer."""
        self.counts.answers += 1
        self._by_second[int(self._clock() - self._since)] += 1

    def as_dict(self) -> dict[str, object]:
        """Return the counters; `answers_per_second` is from the start to the last answer."""
        seconds = range(max(self._by_second, default=-1) + 1)
        return {
            **vars(self.counts),
            "answers_per_second": [self._by_second[second] for second in seconds],
            "concurrent": self._concurrent,
            "concurrent_max": self._most_concurrent,
            "seconds": round(self._clock() - self._since, 3),
        }
