import threading
from collections.abc import Collection, Mapping

import pytest

from adapters.memory.clock import ManualClock
from adapters.memory.job_store import MemoryJobStore
from adapters.memory.queue import MemoryQueue
from sluice.errors import LeaseLost, OutOfTime, SluiceError, StoreUnavailable
from sluice.job.job import Job, Status
from sluice.ports import Delivery
from sluice.work.lease import HeldJob, LeaseKeeper
from tests.builders import NOW, a_delivery, a_job


def test_a_beat_extends_the_leases_and_messages_that_are_kept() -> None:
    clock = ManualClock()
    store, queue = MemoryJobStore(clock), MemoryQueue(clock)
    keeper = LeaseKeeper(store, queue, clock, seconds=30)
    waiting, working = a_delivery(body="waiting"), a_delivery(body="working")
    job = a_job()
    store.create([job])
    keeper.receive([waiting, working])
    leased = store.lease(job.key, attempt_id="me", now=NOW, until=keeper.lease_end())
    keeper.keep(working, HeldJob(leased, NOW + 280, clock))
    clock.now += 10
    keeper.beat()
    found = store.get(job.key)
    assert found is not None
    assert found.lease_until == NOW + 40
    assert queue.held[-1] == {waiting: 30, working: 30}


def test_a_released_message_is_not_extended() -> None:
    clock = ManualClock()
    queue = MemoryQueue(clock)
    keeper = LeaseKeeper(MemoryJobStore(clock), queue, clock, seconds=30)
    done = a_delivery(body="done")
    keeper.receive([done])
    keeper.release(done)
    keeper.beat()
    assert len(queue.held) == 1


def test_a_lost_lease_is_raised_at_the_next_check() -> None:
    clock = ManualClock()
    store = MemoryJobStore(clock)
    job = a_job()
    store.create([job])
    mine = store.lease(job.key, attempt_id="me", now=NOW, until=NOW + 30)
    store.lease(job.key, attempt_id="next", now=NOW + 31, until=NOW + 61)
    keeper = LeaseKeeper(store, MemoryQueue(clock), clock, seconds=30)
    held = HeldJob(mine, NOW + 280, clock)
    keeper.keep(a_delivery(body="x"), held)
    held.check()
    keeper.beat()
    with pytest.raises(LeaseLost):
        held.check()


def test_work_ends_at_the_deadline() -> None:
    clock = ManualClock()
    held = HeldJob(a_job(), clock.now + 5, clock)
    held.check()
    clock.now += 5
    with pytest.raises(OutOfTime):
        held.check()


def test_every_error_has_a_type_of_its_own() -> None:
    def all_of(kind: type[SluiceError]) -> list[type[SluiceError]]:
        return [kind, *(each for child in kind.__subclasses__() for each in all_of(child))]

    types = [kind.type for kind in all_of(SluiceError) if not issubclass(kind, LeaseLost)]
    repeated = {name for name in types if types.count(name) > 1}
    assert repeated <= {"internal-error"}


def test_an_acknowledged_message_is_held_until_its_batch_ends() -> None:
    clock = ManualClock()
    store, queue = MemoryJobStore(clock), MemoryQueue(clock)
    keeper = LeaseKeeper(store, queue, clock, seconds=30)
    job, delivery = a_job(), a_delivery(body="x")
    store.create([job])
    leased = store.lease(job.key, attempt_id="me", now=NOW, until=keeper.lease_end())
    held = HeldJob(leased, NOW + 280, clock)
    keeper.receive([delivery])
    keeper.keep(delivery, held)
    store.finish(leased.model_copy(update={"status": Status.COMPLETED}))
    keeper.done(delivery)
    keeper.beat()
    held.check()  # the lease of an ended job is not extended
    assert queue.held[-1] == {delivery: 30}


@pytest.mark.parametrize("error", [RuntimeError("a defect"), StoreUnavailable("throttled")])
def test_an_error_with_one_job_does_not_cost_the_others_their_leases(error: Exception) -> None:
    clock = ManualClock()
    bad, good = a_job(), a_job()

    class Failing(MemoryJobStore):
        def extend(self, job: Job, *, until: float, keep: Collection[str] = ()) -> Job:
            if job.id == bad.id:
                raise error
            return super().extend(job, until=until, keep=keep)

    store, queue = Failing(clock), MemoryQueue(clock)
    store.create([bad, good])
    keeper = LeaseKeeper(store, queue, clock, seconds=30)
    deliveries = {job.id: a_delivery(job.key) for job in (bad, good)}
    for job in (bad, good):
        mine = store.lease(job.key, attempt_id="me", now=NOW, until=NOW + 30)
        keeper.keep(deliveries[job.id], HeldJob(mine, NOW + 280, clock))
    clock.now += 10
    keeper.beat()
    found = store.get(good.key)
    assert found is not None
    assert found.lease_until == NOW + 40
    assert queue.held[-1] == dict.fromkeys(deliveries.values(), 30)


def test_the_keeper_goes_on_after_a_beat_that_failed() -> None:
    beats = threading.Semaphore(0)

    class Broken(MemoryQueue):
        def hold(self, delays: Mapping[Delivery, int]) -> None:
            beats.release()
            raise RuntimeError("a defect")

    clock = ManualClock()
    with LeaseKeeper(MemoryJobStore(clock), Broken(clock), clock, seconds=0) as keeper:
        keeper.keep(a_delivery(body="x"), HeldJob(a_job(), NOW + 280, clock))
        for _ in range(3):
            assert beats.acquire(timeout=20), "its thread has ended"
