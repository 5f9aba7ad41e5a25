"""Places: how many jobs may be at work at a time, MaxConcurrency x BatchSize of them."""

import math
from dataclasses import dataclass

from sluice_ops.plan.load import Load
from sluice_ops.plan.template import LEAST_CONCURRENCY, MOST_BATCH, MOST_CONCURRENCY

#: Seconds that a job may reasonably wait inside an execution.
_NOT_LONG = 60


@dataclass(frozen=True)
class Places:
    """The parameters of the worker's event sources."""

    max_concurrency: int
    batch_size: int
    #: Jobs at work at a time, by Little's law: pace x seconds of work.
    at_work: float
    #: How long the slowest of a few jobs is at work: an execution ends with it.
    slowest_seconds: float

    @property
    def count(self) -> int:
        return self.max_concurrency * self.batch_size

    @property
    def suffice(self) -> bool:
        """Whether the quotas limit the pace, and not the places."""
        return self.at_work <= self.count

    def begun_within(self, questions: float) -> float:
        """Return the seconds until that many have found a place."""
        return max(0.0, questions - self.count) / self.count * self.slowest_seconds

    def executions(self, questions: int) -> int:
        """Return the executions at a time for that many questions."""
        return min(self.max_concurrency, math.ceil(questions / self.batch_size))


def places_for(pace: float, load: Load) -> Places:
    """Return the places that keep up a pace of questions per second.

    They are twice Little's number of executions, and one. An execution ends with its slowest
    answer, and while some write answers, another waits for the next turn. (Simulated: at least
    0.92 of the pace.) Jobs in more places would only wait inside Lambda instead of in the queue.
    """
    at_work = pace * load.work_seconds
    executions = math.ceil(2 * at_work / MOST_BATCH + 1)
    if executions > LEAST_CONCURRENCY:
        return Places(min(executions, MOST_CONCURRENCY), MOST_BATCH, at_work, load.slowest_seconds)
    # There are at least two executions. Jobs that would wait long are better left in the queue,
    # so batches are smaller.
    not_long = math.floor(pace * _NOT_LONG / LEAST_CONCURRENCY)
    batch_size = min(max(1, math.ceil(2 * at_work), not_long), MOST_BATCH)
    return Places(LEAST_CONCURRENCY, batch_size, at_work, load.slowest_seconds)
