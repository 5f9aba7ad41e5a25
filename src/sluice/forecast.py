"""What a waiting caller is told: the place in the queue and the expected wait.

The place is counted in the lane's tickets. The wait is the longest that one of these gives: the
ledgers of the paced resources, and the lane's own progress of late.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from sluice.clock import Clock
from sluice.job import Job, Lane, Status
from sluice.ledger import Ledger, Units
from sluice.pacer import Pace
from sluice.seams import LaneBook, LaneState

#: Polling more often than this helps nobody; less often, a person notices.
_SHORTEST_RETRY, _LONGEST_RETRY = 1, 120
#: Seconds between polls of a job that is being answered.
_RETRY_IN_PROGRESS = 2
#: Of the expected wait this much passes until the next look, since it may go faster.
_LOOK_AT = 0.8


@dataclass(frozen=True)
class Forecast:
    """`position` 1 is next; 0 is no longer waiting. Waits are in seconds."""

    position: int
    estimated_wait_seconds: int
    #: For the Retry-After header; None once the job has ended.
    retry_after_seconds: int | None


#: For a job that no longer waits.
NO_WAIT = Forecast(0, 0, None)


@dataclass(frozen=True)
class Forecaster:
    """Forecasts when answers begin."""

    lanes: LaneBook
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
        ahead = job.ticket - self._lane(job.lane).head
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
    return min(max(round(wait * _LOOK_AT), shortest), _LONGEST_RETRY)
