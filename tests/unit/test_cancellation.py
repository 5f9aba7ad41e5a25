import pytest

from sluice.errors import Conflict, ConnectionGone, InvalidId, NotFound, Unavailable
from sluice.job.job import Status
from tests.service import Service


def test_a_queued_job_is_cancelled_at_once_and_its_watchers_get_the_event() -> None:
    service = Service()
    job = service.submit()
    for connection in ("gone", "here"):
        service.store.subscribe(job.key, connection)
    service.push.failures["gone"] = [ConnectionGone()]
    assert service.cancellation.cancel("ann", job.id).status is Status.CANCELLED
    assert service.push.types("here") == ["job.cancelled"]
    now = service.store.get(job.key)
    assert now is not None
    assert (now.finished_at is not None, now.subscribers) == (True, frozenset())


def test_a_job_in_progress_is_asked_to_end() -> None:
    service = Service()
    job = service.submit()
    now = service.clock.now
    service.store.lease(job.key, attempt_id="a", now=now, until=now + 30)
    asked = service.cancellation.cancel("ann", job.id)
    assert (asked.status, asked.cancel_requested) == (Status.IN_PROGRESS, True)


def test_a_job_whose_worker_died_is_cancelled_at_once() -> None:
    service = Service()
    job = service.submit()
    now = service.clock.now
    service.store.lease(job.key, attempt_id="a", now=now, until=now + 30)
    service.clock.now += 31
    assert service.cancellation.cancel("ann", job.id).status is Status.CANCELLED


def test_cancelling_is_idempotent() -> None:
    service = Service()
    job = service.submit()
    first = service.cancellation.cancel("ann", job.id)
    assert service.cancellation.cancel("ann", job.id) == first


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.FAILED])
def test_a_completed_or_failed_job_cannot_be_cancelled(status: Status) -> None:
    service = Service()
    job = service.submit()
    service.finish(job, status)
    with pytest.raises(Conflict):
        service.cancellation.cancel("ann", job.id)


def test_another_callers_job_cannot_be_cancelled() -> None:
    service = Service()
    job = service.submit()
    with pytest.raises(NotFound):
        service.cancellation.cancel("bob", job.id)
    with pytest.raises(InvalidId):
        service.cancellation.cancel("ann", "../../x")
    found = service.store.get(job.key)
    assert found is not None
    assert found.status is Status.QUEUED


def test_a_failing_push_does_not_prevent_cancelling() -> None:
    service = Service()
    job = service.submit()
    service.store.subscribe(job.key, "one")
    service.push.failures["one"] = [Unavailable()]
    assert service.cancellation.cancel("ann", job.id).status is Status.CANCELLED
