"""DynamoDB's answer is lost on its way, and the SDK tries again: the second try meets the first."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import boto3
import pytest
from moto import mock_aws

from adapters.job_store import DynamoJobStore
from adapters.memory.clock import ManualClock
from adapters.memory.job_store import MemoryJobStore
from adapters.memory.queue import MemoryQueue
from sluice.errors import CancelRequested, LeaseLost, LeaseRefused, QueueRefused, StoreUnavailable
from sluice.job.job import Job, JobKey, Status
from sluice.ports import Delivery
from sluice.work.lease import HeldJob, LeaseKeeper
from tests.builders import NOW, a_delivery, a_job
from tests.table import TABLE, create_table


@pytest.fixture
def store() -> Iterator[DynamoJobStore]:
    with mock_aws():
        create_table()
        yield DynamoJobStore(boto3.client("dynamodb"), TABLE, ManualClock())


def leased(store: DynamoJobStore, attempt_id: str = "a") -> Job:
    job = a_job()
    store.create([job])
    return store.lease(job.key, attempt_id=attempt_id, now=NOW, until=NOW + 30)


def test_a_lease_that_is_taken_again_by_the_same_attempt_is_still_its_own_and_counted_once(
    store: DynamoJobStore,
) -> None:
    first = leased(store)
    assert store.lease(first.key, attempt_id="a", now=NOW, until=NOW + 30) == first
    with pytest.raises(LeaseRefused):
        store.lease(first.key, attempt_id="b", now=NOW, until=NOW + 30)


def test_a_lease_whose_job_has_ended_is_no_longer_anybodys(store: DynamoJobStore) -> None:
    job = leased(store)
    store.finish(job.model_copy(update={"status": Status.COMPLETED}))
    with pytest.raises(LeaseRefused):
        store.lease(job.key, attempt_id="a", now=NOW, until=NOW + 30)


def test_who_writes_to_a_job_that_was_cancelled_meanwhile_has_lost_it(
    store: DynamoJobStore,
) -> None:
    job = leased(store)
    store.cancel(job.key, NOW)  # its worker is asked, and frozen
    store.cancel(job.key, NOW + 31)  # its lease has lapsed
    writes: list[Callable[[], object]] = [
        lambda: store.extend(job, until=NOW + 60),
        lambda: store.finish(job.model_copy(update={"status": Status.COMPLETED})),
        lambda: store.give_back(job, counted=True),
    ]
    for write in writes:
        with pytest.raises(LeaseLost) as caught:
            write()
        assert not isinstance(caught.value, CancelRequested)


def test_a_cancel_that_meets_the_end_of_the_job_returns_it_ended(
    store: DynamoJobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = leased(store)
    store.cancel(job.key, NOW)
    ask_to_end: Any = DynamoJobStore._ask_to_end

    def worker_is_quicker(self: DynamoJobStore, seen: Job) -> Job | None:
        store.finish(job.model_copy(update={"status": Status.CANCELLED}))
        return ask_to_end(self, seen)  # type: ignore[no-any-return]

    monkeypatch.setattr(DynamoJobStore, "_ask_to_end", worker_is_quicker)
    found = store.cancel(job.key, NOW)
    assert found is not None
    assert found[0].status is Status.CANCELLED


def test_one_job_that_cannot_be_extended_does_not_cost_the_others_their_leases() -> None:
    clock = ManualClock()
    bad, good = a_job(), a_job()

    class Failing(MemoryJobStore):
        def extend(self, job: Job, *, until: float, keep: Any = ()) -> Job:
            if job.id == bad.id:
                raise StoreUnavailable("Its partition is throttled.")
            return super().extend(job, until=until, keep=keep)

    store, queue = Failing(clock), MemoryQueue(clock)
    keeper = LeaseKeeper(store, queue, clock, seconds=30)
    deliveries = []
    for job in (bad, good):
        store.create([job])
        held = store.lease(job.key, attempt_id="me", now=NOW, until=NOW + 30)
        deliveries.append(a_delivery(job.key))
        keeper.keep(deliveries[-1], HeldJob(held, NOW + 280, clock))
    clock.now += 10
    keeper.beat()
    assert until(store, good.key) == NOW + 40
    assert queue.held[-1] == dict.fromkeys(deliveries, 30)


def test_a_queue_that_does_not_answer_on_receipt_stops_no_work() -> None:
    class Failing(MemoryQueue):
        def hold(self, delays: Mapping[Delivery, int]) -> None:
            raise QueueRefused("It did not answer.")

    LeaseKeeper(MemoryJobStore(ManualClock()), Failing(ManualClock()), ManualClock(), 30).receive(
        [a_delivery()]
    )


def until(store: MemoryJobStore, key: JobKey) -> float:
    job = store.get(key)
    assert job is not None
    return job.lease_until
