"""An answer of DynamoDB is lost, and the SDK tries again: the second try meets the first."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from adapters.job_store import DynamoJobStore
from adapters.memory.clock import ManualClock
from adapters.memory.job_store import MemoryJobStore
from adapters.memory.queue import MemoryQueue
from sluice.errors import CancelRequested, LeaseLost, LeaseRefused, QueueRefused
from sluice.job.job import Job, Status
from sluice.ports import Delivery
from sluice.work.lease import LeaseKeeper
from tests.builders import NOW, a_delivery, a_job
from tests.table import TABLE


@pytest.fixture
def store(dynamodb: Any) -> DynamoJobStore:
    return DynamoJobStore(dynamodb, TABLE, ManualClock())


def leased(store: DynamoJobStore, attempt_id: str = "a") -> Job:
    job = a_job()
    store.create([job])
    return store.lease(job.key, attempt_id=attempt_id, now=NOW, until=NOW + 30)


def test_an_attempt_that_takes_its_lease_twice_keeps_it_and_counts_once(
    store: DynamoJobStore,
) -> None:
    first = leased(store)
    assert store.lease(first.key, attempt_id="a", now=NOW, until=NOW + 30) == first
    with pytest.raises(LeaseRefused):
        store.lease(first.key, attempt_id="b", now=NOW, until=NOW + 30)


def test_an_ended_job_cannot_be_leased_again(store: DynamoJobStore) -> None:
    job = leased(store)
    store.finish(job.model_copy(update={"status": Status.COMPLETED}))
    with pytest.raises(LeaseRefused):
        store.lease(job.key, attempt_id="a", now=NOW, until=NOW + 30)


def test_a_worker_that_writes_to_a_cancelled_job_has_lost_its_lease(
    store: DynamoJobStore,
) -> None:
    job = leased(store)
    store.cancel(job.key, NOW)  # asks its worker, which is frozen
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


def test_a_cancel_that_meets_the_end_of_the_job_returns_the_ended_job(
    store: DynamoJobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = leased(store)
    store.cancel(job.key, NOW)
    ask_to_end: Any = DynamoJobStore._ask_to_end

    def worker_is_faster(self: DynamoJobStore, seen: Job) -> Job | None:
        store.finish(job.model_copy(update={"status": Status.CANCELLED}))
        return ask_to_end(self, seen)  # type: ignore[no-any-return]

    monkeypatch.setattr(DynamoJobStore, "_ask_to_end", worker_is_faster)
    found = store.cancel(job.key, NOW)
    assert found is not None
    assert found[0].status is Status.CANCELLED


def test_a_queue_that_cannot_hold_messages_stops_no_work() -> None:
    class Failing(MemoryQueue):
        def hold(self, delays: Mapping[Delivery, int]) -> None:
            raise QueueRefused("It did not answer.")

    LeaseKeeper(MemoryJobStore(ManualClock()), Failing(ManualClock()), ManualClock(), 30).receive(
        [a_delivery()]
    )
