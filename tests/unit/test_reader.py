import pytest

from adapters.memory.clock import ManualClock
from adapters.memory.job_store import MemoryJobStore
from adapters.memory.lane_counters import MemoryLaneCounters
from adapters.memory.push import MemoryPush
from adapters.memory.queue import MemoryQueue
from sluice.errors import InvalidId, NotFound
from sluice.job.job import Job, Status
from sluice.pace.forecaster import Forecaster
from sluice.pace.ledger import ONE_CALL
from sluice.upkeep.cancellation import Cancellation
from sluice.upkeep.reader import JobReader
from sluice.upkeep.resending import Resender
from tests.builders import a_job


def reader(store: MemoryJobStore, clock: ManualClock) -> JobReader:
    forecaster = Forecaster(MemoryLaneCounters(), [], clock, ONE_CALL, 1.0)
    resender = Resender(store, MemoryQueue(clock), Cancellation(store, MemoryPush(), clock), clock)
    return JobReader(store, resender, forecaster, clock)


class EndingAfter(ManualClock):
    """A clock whose job ends while a reader sleeps."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.end = self.now + seconds
        self.store = MemoryJobStore(self)
        self.job: Job = a_job()
        self.store.create([self.job])

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if self.now >= self.end:
            found = self.store.get(self.job.key)
            if found and found.status is Status.QUEUED:
                leased = self.store.lease(
                    self.job.key, attempt_id="a", now=self.now, until=self.now + 30
                )
                self.store.finish(leased.model_copy(update={"status": Status.COMPLETED}))


def test_another_callers_job_is_not_found() -> None:
    clock = ManualClock()
    store = MemoryJobStore(clock)
    job = a_job()
    store.create([job])
    with pytest.raises(NotFound):
        reader(store, clock).get("bob", job.id)


def test_an_expired_job_is_not_found() -> None:
    clock = ManualClock()
    store = MemoryJobStore(clock)
    job = a_job()
    store.create([job])
    clock.now = job.expires_at
    with pytest.raises(NotFound):
        reader(store, clock).get("ann", job.id)


@pytest.mark.parametrize("job_id", ["", "1", "../ann", "%2e", "a" * 5000])
def test_a_malformed_id_is_refused(job_id: str) -> None:
    clock = ManualClock()
    with pytest.raises(InvalidId):
        reader(MemoryJobStore(clock), clock).get("ann", job_id)


def test_waiting_ends_when_the_job_does() -> None:
    clock = EndingAfter(3)
    job = reader(clock.store, clock).wait("ann", clock.job.id, 20)
    assert job.status is Status.COMPLETED
    assert sum(clock.slept) < 5


def test_waiting_ends_when_the_time_is_over() -> None:
    clock = EndingAfter(100)
    begun = clock.now
    assert reader(clock.store, clock).wait("ann", clock.job.id, 20).status is Status.QUEUED
    assert clock.now - begun == pytest.approx(20)


def test_without_a_wait_the_job_is_read_once() -> None:
    clock = EndingAfter(100)
    reader(clock.store, clock).wait("ann", clock.job.id, 0)
    assert clock.slept == []
