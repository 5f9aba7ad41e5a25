"""Forecasts for waiting callers: the place in the queue and the expected wait.

The place is counted in the lane's queue numbers. The wait is the longest of two estimates: the
ledgers of the paced resources, and the lane's own recent progress.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from sluice.clock import Clock
from sluice.job.forecast import NO_WAIT, Forecast
from sluice.job.job import Job, Lane, Status
from sluice.pace.ledger import Ledger, Units
from sluice.pace.pacer import Pace
from sluice.ports import LaneCounters, LaneState

#: The shortest `Retry-After`, in seconds: polling more often helps nobody.
_SHORTEST_RETRY = 1
#: The longest `Retry-After`, in seconds: a person would notice a longer pause.
LONGEST_RETRY = 120
#: Seconds between polls of a job that is being answered.
_RETRY_IN_PROGRESS = 2
#: Of the expected wait this much passes until the next look, since it may go faster.
_LOOK_AT = 0.8


@dataclass(frozen=True)
class Forecaster:
    """Forecasts when answers begin."""

    lanes: LaneCounters
    #: The paces that every answer needs.
    paces: Sequence[Pace]
    clock: Clock
    #: What an answer takes of each, until the ledgers have learned it.
    guess: Units
    #: Answers begun per second by an idle deployment: slots / seconds of an answer. Used until
    #: the lane's own rate is known.
    rate_when_unknown: float

    def forecast(self, job: Job) -> Forecast:
        """One job's forecast. Raises StoreUnavailable."""
        return self.outlook().of(job)

    def outlook(self) -> "Outlook":
        """One look, for the forecasts of any number of jobs."""
        return Outlook(self)


class Outlook:
    """The lanes and the ledgers as they are, each read once, and only if it matters.

    Every method raises StoreUnavailable.
    """

    def __init__(self, forecaster: Forecaster) -> None:
        self._forecaster = forecaster
        self._lanes: dict[Lane, LaneState] = {}

    def of(self, job: Job) -> Forecast:
        """One job's forecast."""
        if job.status.is_final:
            return NO_WAIT
        ahead = job.queue_number - self._lane(job.lane).head
        if job.status is Status.IN_PROGRESS:
            # A worker has it, and may still wait for the quota's sake.
            wait = self.wait(ahead, job.lane) if ahead > 0 else 0
            return Forecast(0, math.ceil(wait), _retry(wait, _RETRY_IN_PROGRESS))
        position = max(1, ahead)
        wait = self.wait(position, job.lane)
        return Forecast(position, math.ceil(wait), _retry(wait, _SHORTEST_RETRY))

    def wait(self, count: int, lane: Lane) -> float:
        """Seconds until the lane has begun so many more answers."""
        rate = self._lane(lane).rate or self._forecaster.rate_when_unknown
        waits = [ledger.wait(count, lane, self._forecaster.guess) for ledger in self._ledgers]
        return max([count / rate, *waits])

    def _lane(self, lane: Lane) -> LaneState:
        if lane not in self._lanes:
            now = self._forecaster.clock.time()
            self._lanes[lane] = self._forecaster.lanes.state(lane, now)
        return self._lanes[lane]

    @cached_property
    def _ledgers(self) -> list[Ledger]:
        return [pace.ledger() for pace in self._forecaster.paces]


def _retry(wait: float, shortest: int) -> int:
    return min(max(round(wait * _LOOK_AT), shortest), LONGEST_RETRY)
