import pytest

from sluice.errors import KeyReused, QueueRefused
from sluice.job.job import Status
from tests.house import House


def test_the_same_key_and_question_give_the_same_job() -> None:
    house = House()
    first = house.submit(key="k", metadata={"a": "1", "b": "2"})
    assert house.submit(key="k", metadata={"b": "2", "a": "1"}) == first
    assert len(house.reader.list("ann", limit=10).jobs) == 1


def test_the_same_key_with_another_question_is_refused() -> None:
    house = House()
    house.submit(key="k")
    with pytest.raises(KeyReused):
        house.submit(key="k", question="Why?")
    with pytest.raises(KeyReused):
        house.submit_batch("Why?", key="k")


def test_another_callers_key_is_another_key() -> None:
    house = House()
    assert house.submit(key="k").id != house.submit("bob", key="k", question="Why?").id


def test_a_key_is_forgotten_after_a_day() -> None:
    house = House()
    first = house.submit(key="k")
    house.clock.now += 86_401
    assert house.submit(key="k", question="Why?").id != first.id


def test_a_batch_is_found_again_by_its_key() -> None:
    house = House()
    first = house.submit_batch("Why?", "How?", key="k")
    assert house.submit_batch("Why?", "How?", key="k") == first
    assert len(house.reader.list("ann", limit=10).jobs) == 2


def test_whoever_comes_second_at_the_same_instant_gets_the_firsts_job() -> None:
    house = House()
    twin: list[str] = []
    take_numbers = house.lanes.take_numbers

    def meanwhile(lane: object, count: int) -> int:
        # The other request comes after our claim, and before our job is stored.
        if not twin:
            twin.append("")
            twin[0] = house.submit(key="k").id
        return take_numbers(lane, count)  # type: ignore[arg-type]

    house.lanes.take_numbers = meanwhile  # type: ignore[method-assign]
    assert house.submit(key="k").id == twin[0]
    assert len(house.reader.list("ann", limit=10).jobs) == 1


def test_what_a_refusing_queue_left_is_sent_by_a_repetition() -> None:
    house = House()
    house.queue.refuses = True
    with pytest.raises(QueueRefused):
        house.submit(key="k")
    house.queue.refuses = False
    job = house.submit(key="k")
    assert house.queue.sent == [job.key]


def test_a_repetition_of_an_answered_question_sends_nothing() -> None:
    house = House()
    job = house.submit(key="k")
    house.finish(job, Status.COMPLETED)
    assert house.submit(key="k").status is Status.COMPLETED
    assert house.queue.sent == [job.key]


def test_a_failed_job_is_asked_again_as_a_new_one_and_once() -> None:
    house = House()
    job = house.submit(metadata={"sheet": "A"}, filter={"category": "x"})
    failed = house.finish(job, Status.FAILED)
    again = house.submission.retry("ann", job.id)
    assert again.id != job.id
    assert (again.question, again.metadata, again.filter) == (
        job.question,
        job.metadata,
        job.filter,
    )
    assert again.status is Status.QUEUED
    assert house.submission.retry("ann", job.id).id == again.id
    assert house.store.get(job.key) == failed
