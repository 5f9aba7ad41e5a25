"""What a waiting caller is told: the place in the queue and the expected wait."""

import math
from dataclasses import dataclass

from sluice.clock import Clock
from sluice.job import Job, Status
from sluice.seams import LaneBook

#: Polling more often than this helps nobody; less often, a person notices.
_SHORTEST_RETRY, _LONGEST_RETRY = 1, 30
#: Seconds between polls of a job that is being answered.
_RETRY_IN_PROGRESS = 2


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
    """Forecasts from the lane's own progress."""

    lanes: LaneBook
    clock: Clock
    #: Jobs begun per second by an idle deployment: slots / seconds of an answer. The first
    #: guess, until the lane's own rate is known.
    rate_when_unknown: float

    def forecast(self, job: Job) -> Forecast:
        if job.status.is_final:
            return NO_WAIT
        if job.status is Status.IN_PROGRESS:
            return Forecast(0, 0, _RETRY_IN_PROGRESS)
        state = self.lanes.state(job.lane, self.clock.time())
        position = max(1, job.ticket - state.head)
        wait = math.ceil(position / (state.rate or self.rate_when_unknown))
        return Forecast(position, wait, min(max(wait, _SHORTEST_RETRY), _LONGEST_RETRY))
