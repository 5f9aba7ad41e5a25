from typing import Any

import pytest
from pydantic import ValidationError

from sluice.errors import BatchNotFound, Conflict, InvalidRequest, QueueRefused, TooLarge
from sluice.ids import is_job_id, job_ids, new_job_id
from sluice.job.batch import BatchRequest
from sluice.job.job import Lane, Status
from tests.builders import NOW
from tests.service import Service


def test_a_batchs_jobs_are_stored_in_order_and_in_the_bulk_lane() -> None:
    service = Service()
    batch_id, jobs = service.submit_batch("Why?", "How?", "Where?")
    assert [job.custom_id for job in jobs] == ["q0", "q1", "q2"]
    assert {job.lane for job in jobs} == {Lane.BULK}
    assert [job.queue_number for job in jobs] == [1, 2, 3]
    assert service.queue.sent == [job.key for job in jobs]
    assert service.reader.batch("ann", batch_id) == jobs


def test_job_ids_follow_from_the_batch_id_and_the_position() -> None:
    ids = job_ids(new_job_id(NOW))
    assert len(set(ids)) == 100
    assert ids == sorted(ids)
    assert all(is_job_id(each) for each in ids)


def test_two_batches_of_the_same_instant_share_no_job() -> None:
    first, second = job_ids(new_job_id(NOW)), job_ids(new_job_id(NOW))
    assert not set(first) & set(second)


def test_another_callers_batch_is_not_found() -> None:
    service = Service()
    batch_id, _ = service.submit_batch("Why?")
    with pytest.raises(BatchNotFound):
        service.reader.batch("bob", batch_id)


def entries(*texts: str) -> list[dict[str, Any]]:
    return [{"custom_id": f"q{n}", "question": text} for n, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("questions", "place"),
    [
        ([], "questions"),
        (entries(*["Why?"] * 101), "questions"),
        ([{"question": "Why?"}], "questions.0.custom_id"),
        ([*entries("Why?"), {"custom_id": "", "question": "Why?"}], "questions.1.custom_id"),
        ([*entries("Why?", "Why?"), {"custom_id": "x", "question": ""}], "questions.2.question"),
        ([*entries("Why?"), {"custom_id": "x", "question": "?", "lane": 1}], "questions.1."),
        ([*entries("Why?"), {"custom_id": "q0", "question": "How?"}], "questions"),
    ],
)
def test_a_bad_question_of_a_batch_is_named(questions: list[Any], place: str) -> None:
    with pytest.raises(ValidationError) as caught:
        BatchRequest.model_validate({"questions": questions})
    places = [".".join(str(part) for part in error["loc"]) for error in caught.value.errors()]
    assert places[0].startswith(place)


def test_a_wrong_filter_or_previous_job_refuses_the_whole_batch() -> None:
    service = Service()
    for bad in ({"filter": {"colour": "red"}}, {"previous_job_id": new_job_id(NOW)}):
        with pytest.raises(InvalidRequest) as caught:
            service.submit_batch("Why?", {"question": "How?"} | bad)
        assert caught.value.detail.startswith("questions.1: ")
        assert caught.value.errors[0]["field"] == "questions.1"
    assert service.reader.list("ann", limit=10).jobs == []
    assert service.queue.sent == []


def test_a_batch_too_large_for_one_transaction_is_refused() -> None:
    service = Service()
    long = {
        "question": "why " * 240,
        "metadata": {"k" * 500 + str(n): "v" * 512 for n in range(16)},
        "filter": {"category": ["c" * 2048] * 10},
    }
    with pytest.raises(TooLarge):
        service.submit_batch(*[long] * 100)
    assert service.queue.sent == []


def test_a_refusing_queue_leaves_nothing_of_a_batch_behind() -> None:
    service = Service()
    service.queue.refuses = True
    with pytest.raises(QueueRefused):
        service.submit_batch("Why?", "How?")
    assert service.reader.list("ann", limit=10).jobs == []


def test_cancelling_a_batch_cancels_its_open_jobs() -> None:
    service = Service()
    batch_id, jobs = service.submit_batch("Why?", "How?", "Where?")
    service.finish(jobs[0], Status.COMPLETED)
    now = service.clock.now
    service.store.lease(jobs[1].key, attempt_id="a", now=now, until=now + 30)
    first, second, third = service.cancellation.cancel_all(service.reader.batch("ann", batch_id))
    assert first.status is Status.COMPLETED
    assert (second.status, second.cancel_requested) == (Status.IN_PROGRESS, True)
    assert third.status is Status.CANCELLED
    assert (
        service.cancellation.cancel_all(service.reader.batch("ann", batch_id))[2].status
        is Status.CANCELLED
    )


def test_a_batch_that_has_ended_cannot_be_cancelled() -> None:
    service = Service()
    batch_id, jobs = service.submit_batch("Why?")
    service.finish(jobs[0], Status.COMPLETED)
    with pytest.raises(Conflict):
        service.cancellation.cancel_all(service.reader.batch("ann", batch_id))
