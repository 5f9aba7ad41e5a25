"""Places: the number of jobs that can be in progress at a time, MaxConcurrency x BatchSize."""

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
    #: Jobs in progress at a time, by Little's law: pace x seconds of a job.
    at_work: float
    #: Seconds that the slowest of a few jobs takes: an execution ends with it.
    slowest_seconds: float

    @property
    def count(self) -> int:
        return self.max_concurrency * self.batch_size

    @property
    def suffice(self) -> bool:
        """Whether the pace is limited by the quotas, not by the places."""
        return self.at_work <= self.count

    def begun_within(self, questions: float) -> float:
        """Return the seconds until this many questions have found a place."""
        return max(0.0, questions - self.count) / self.count * self.slowest_seconds

    def executions(self, questions: int) -> int:
        """Return the number of concurrent executions for this many questions."""
        return min(self.max_concurrency, math.ceil(questions / self.batch_size))


def places_for(pace: float, load: Load) -> Places:
    """Return the places that a pace, in questions per second, requires.

    The number of executions is twice what Little's law gives, and one more: an execution lasts as
    long as its slowest answer, and one of them waits for quota while the others write. In
    simulations this reached at least 0.92 of the pace. With more places, jobs would wait in Lambda
    instead of in the queue.
    """
    at_work = pace * load.work_seconds
    executions = math.ceil(2 * at_work / MOST_BATCH + 1)
    if executions > LEAST_CONCURRENCY:
        return Places(min(executions, MOST_CONCURRENCY), MOST_BATCH, at_work, load.slowest_seconds)
    # Lambda allows no fewer than two executions. With smaller batches, jobs that would wait long in
    # an execution stay in the queue.
    not_long = math.floor(pace * _NOT_LONG / LEAST_CONCURRENCY)
    batch_size = min(max(1, math.ceil(2 * at_work), not_long), MOST_BATCH)
    return Places(LEAST_CONCURRENCY, batch_size, at_work, load.slowest_seconds)
