import pytest

from sluice.errors import KeyReused, QueueRefused
from sluice.job.job import Status
from tests.service import Service


def test_the_same_key_and_question_give_the_same_job() -> None:
    service = Service()
    first = service.submit(key="k", metadata={"a": "1", "b": "2"})
    assert service.submit(key="k", metadata={"b": "2", "a": "1"}) == first
    assert len(service.reader.list("ann", limit=10).jobs) == 1


def test_the_same_key_with_another_question_is_refused() -> None:
    service = Service()
    service.submit(key="k")
    with pytest.raises(KeyReused):
        service.submit(key="k", question="Why?")
    with pytest.raises(KeyReused):
        service.submit_batch("Why?", key="k")


def test_another_callers_key_is_another_key() -> None:
    service = Service()
    assert service.submit(key="k").id != service.submit("bob", key="k", question="Why?").id


def test_a_key_is_forgotten_after_a_day() -> None:
    service = Service()
    first = service.submit(key="k")
    service.clock.now += 86_401
    assert service.submit(key="k", question="Why?").id != first.id


def test_a_batch_is_found_again_by_its_key() -> None:
    service = Service()
    first = service.submit_batch("Why?", "How?", key="k")
    assert service.submit_batch("Why?", "How?", key="k") == first
    assert len(service.reader.list("ann", limit=10).jobs) == 2


def test_two_simultaneous_requests_with_one_key_get_the_same_job() -> None:
    service = Service()
    twin: list[str] = []
    take_numbers = service.lanes.take_numbers

    def submit_meanwhile(lane: object, count: int) -> int:
        # The other request comes after our claim, and before our job is stored.
        if not twin:
            twin.append("")
            twin[0] = service.submit(key="k").id
        return take_numbers(lane, count)  # type: ignore[arg-type]

    service.lanes.take_numbers = submit_meanwhile  # type: ignore[method-assign]
    assert service.submit(key="k").id == twin[0]
    assert len(service.reader.list("ann", limit=10).jobs) == 1


def test_a_repetition_succeeds_after_the_queue_refused() -> None:
    service = Service()
    service.queue.refuses = True
    with pytest.raises(QueueRefused):
        service.submit(key="k")
    service.queue.refuses = False
    job = service.submit(key="k")
    assert service.queue.sent == [job.key]


def test_repeating_an_answered_question_sends_nothing() -> None:
    service = Service()
    job = service.submit(key="k")
    service.finish(job, Status.COMPLETED)
    assert service.submit(key="k").status is Status.COMPLETED
    assert service.queue.sent == [job.key]


def test_a_failed_job_is_retried_once_as_a_new_job() -> None:
    service = Service()
    job = service.submit(metadata={"sheet": "A"}, filter={"category": "x"})
    failed = service.finish(job, Status.FAILED)
    again = service.submission.retry("ann", job.id)
    assert again.id != job.id
    assert (again.question, again.metadata, again.filter) == (
        job.question,
        job.metadata,
        job.filter,
    )
    assert again.status is Status.QUEUED
    assert service.submission.retry("ann", job.id).id == again.id
    assert service.store.get(job.key) == failed
