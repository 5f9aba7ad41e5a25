"""What a waiting caller is told: the place in the queue and the expected wait.

The place is counted in the lane's tickets. The wait is the longest that one of these gives: the
ledgers of the paced resources, and the lane's own progress of late.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sluice.clock import Clock
from sluice.job import Job, Lane, Status
from sluice.ledger import Units
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
        """One job's forecast."""
        if job.status.is_final:
            return NO_WAIT
        state = self.lanes.state(job.lane, self.clock.time())
        ahead = job.ticket - state.head
        if job.status is Status.IN_PROGRESS:
            # A worker has it, and may still wait for the quota's sake.
            wait = self._wait(ahead, job.lane, state) if ahead > 0 else 0
            return Forecast(0, math.ceil(wait), _retry(wait, _RETRY_IN_PROGRESS))
        position = max(1, ahead)
        wait = self._wait(position, job.lane, state)
        return Forecast(position, math.ceil(wait), _retry(wait, _SHORTEST_RETRY))

    def wait(self, count: int, lane: Lane) -> float:
        """Seconds until the lane has begun so many more answers."""
        return self._wait(count, lane, self.lanes.state(lane, self.clock.time()))

    def _wait(self, count: int, lane: Lane, state: LaneState) -> float:
        by_progress = count / (state.rate or self.rate_when_unknown)
        return max(by_progress, *(pace.wait(count, lane, self.guess) for pace in self.paces), 0)


def _retry(wait: float, shortest: int) -> int:
    return min(max(round(wait * _LOOK_AT), shortest), _LONGEST_RETRY)
