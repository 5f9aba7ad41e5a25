"""Forecasts for waiting callers: the position in the queue and the expected wait.

The position is computed from the queue numbers of the lane.
The wait is the longest of several estimates.
One comes from the lane's recent progress, and one from the ledger of each paced resource.
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
#: The share of the expected wait after which to poll again, because it may go faster.
_RETRY_AFTER = 0.8


@dataclass(frozen=True)
class Forecaster:
    """Forecasts when answers will start."""

    lanes: LaneCounters
    #: The paces of the resources that every answer uses.
    paces: Sequence[Pace]
    clock: Clock
    #: The units of one answer, until the ledgers have learned them.
    guess: Units
    #: Answers started per second, until the rate of the lane is known: the number of jobs at work,
    #: divided by the seconds of an answer.
    rate_when_unknown: float

    def forecast(self, job: Job) -> Forecast:
        """The forecast of one job. Raises StoreUnavailable."""
        return self.outlook().of(job)

    def outlook(self) -> "Outlook":
        """An outlook, which forecasts any number of jobs from one reading."""
        return Outlook(self)


class Outlook:
    """The current state of lanes and ledgers. Each is read once, when it is first needed.

    Every method raises StoreUnavailable.
    """

    def __init__(self, forecaster: Forecaster) -> None:
        self._forecaster = forecaster
        self._lanes: dict[Lane, LaneState] = {}

    def of(self, job: Job) -> Forecast:
        """The forecast of one job."""
        if job.status.is_final:
            return NO_WAIT
        ahead = job.queue_number - self._lane(job.lane).head
        if job.status is Status.IN_PROGRESS:
            # Its worker may still be waiting for quota.
            wait = self.wait(ahead, job.lane) if ahead > 0 else 0
            return Forecast(0, math.ceil(wait), _retry(wait, _RETRY_IN_PROGRESS))
        position = max(1, ahead)
        wait = self.wait(position, job.lane)
        return Forecast(position, math.ceil(wait), _retry(wait, _SHORTEST_RETRY))

    def wait(self, count: int, lane: Lane) -> float:
        """Seconds until the lane will have started `count` more answers."""
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
    return min(max(round(wait * _RETRY_AFTER), shortest), LONGEST_RETRY)
