import pytest

from sluice.errors import Conflict, ConnectionGone, InvalidId, NotFound, Unavailable
from sluice.job.job import Status
from tests.house import House


def test_a_waiting_job_is_cancelled_at_once_and_its_watchers_hear_of_it() -> None:
    house = House()
    job = house.submit()
    for connection in ("gone", "here"):
        house.store.subscribe(job.key, connection)
    house.push.failures["gone"] = [ConnectionGone()]
    assert house.cancellation.cancel("ann", job.id).status is Status.CANCELLED
    assert house.push.types("here") == ["job.cancelled"]
    now = house.store.get(job.key)
    assert now is not None
    assert (now.finished_at is not None, now.subscribers) == (True, frozenset())


def test_a_job_at_work_is_asked_to_end() -> None:
    house = House()
    job = house.submit()
    now = house.clock.now
    house.store.lease(job.key, attempt_id="a", now=now, until=now + 30)
    asked = house.cancellation.cancel("ann", job.id)
    assert (asked.status, asked.cancel_requested) == (Status.IN_PROGRESS, True)


def test_a_job_whose_worker_died_is_cancelled_at_once() -> None:
    house = House()
    job = house.submit()
    now = house.clock.now
    house.store.lease(job.key, attempt_id="a", now=now, until=now + 30)
    house.clock.now += 31
    assert house.cancellation.cancel("ann", job.id).status is Status.CANCELLED


def test_cancelling_twice_is_no_error() -> None:
    house = House()
    job = house.submit()
    first = house.cancellation.cancel("ann", job.id)
    assert house.cancellation.cancel("ann", job.id) == first


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.FAILED])
def test_a_job_that_has_ended_otherwise_cannot_be_cancelled(status: Status) -> None:
    house = House()
    job = house.submit()
    house.finish(job, status)
    with pytest.raises(Conflict):
        house.cancellation.cancel("ann", job.id)


def test_another_callers_job_cannot_be_cancelled() -> None:
    house = House()
    job = house.submit()
    with pytest.raises(NotFound):
        house.cancellation.cancel("bob", job.id)
    with pytest.raises(InvalidId):
        house.cancellation.cancel("ann", "../../x")
    found = house.store.get(job.key)
    assert found is not None
    assert found.status is Status.QUEUED


def test_a_push_that_fails_does_not_hinder() -> None:
    house = House()
    job = house.submit()
    house.store.subscribe(job.key, "one")
    house.push.failures["one"] = [Unavailable()]
    assert house.cancellation.cancel("ann", job.id).status is Status.CANCELLED
