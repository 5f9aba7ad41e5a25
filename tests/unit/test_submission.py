from typing import Any

import pytest
from pydantic import ValidationError

from sluice.errors import Conflict, NotFound, QueueRefused, UnsupportedFilter
from sluice.job.answer import Answer
from sluice.job.job import Lane, Status
from sluice.job.turn import Turn
from tests.builders import a_job
from tests.service import Service


def test_a_question_is_stored_and_then_sent() -> None:
    service = Service()
    job = service.submit(metadata={"ticket": "4711"})
    assert service.store.get(job.key) == job
    assert service.queue.sent == [job.key]
    assert job.status is Status.QUEUED
    assert job.metadata == {"ticket": "4711"}
    assert job.expires_at == service.clock.now + 86_400


def test_a_question_can_choose_the_bulk_lane() -> None:
    service = Service()
    assert service.submit().lane is Lane.INTERACTIVE
    assert service.submit(lane="bulk").lane is Lane.BULK
    assert [each.lane for each in service.queue.messages.values()] == [Lane.INTERACTIVE, Lane.BULK]


def test_a_refusing_queue_leaves_no_job() -> None:
    service = Service()
    service.queue.refuses = True
    with pytest.raises(QueueRefused):
        service.submit()
    assert service.store.list("ann", limit=10).jobs == []


def test_an_unknown_filter_is_refused_before_anything_is_stored() -> None:
    service = Service()
    with pytest.raises(UnsupportedFilter):
        service.submit(filter={"colour": "red"})
    assert service.queue.sent == []


def test_a_follow_up_carries_the_last_five_turns() -> None:
    service = Service()
    turns = [Turn(question=f"Question {n}?", answer=f"Answer {n}.") for n in range(5)]
    previous = a_job(status=Status.COMPLETED, answer=Answer(text="Ninety days."), turns=turns)
    service.store.create([previous])
    job = service.submit(question="And umbrellas?", previous_job_id=previous.id)
    assert job.turns == [
        *turns[1:],
        Turn(question="How long is lost property kept?", answer="Ninety days."),
    ]


def test_a_follow_up_to_another_callers_job_is_not_found() -> None:
    service = Service()
    previous = a_job(status=Status.COMPLETED, answer=Answer(text="Secret."))
    service.store.create([previous])
    with pytest.raises(NotFound):
        service.submit(caller="bob", previous_job_id=previous.id)


def test_a_follow_up_to_an_unfinished_job_is_refused() -> None:
    service = Service()
    previous = a_job()
    service.store.create([previous])
    with pytest.raises(Conflict, match="queued"):
        service.submit(previous_job_id=previous.id)


@pytest.mark.parametrize(
    "fields",
    [
        {"question": ""},
        {"question": "  \n "},
        {"question": "?!"},
        {"question": "a" * 1001},
        {"question": 7},
        {"question": None},
        {"question": ["a"]},
        {"unknown": 1},
        {"lane": "fast"},
        {"previous_job_id": "1"},
        {"filter": "category"},
        {"filter": {"category": {"a": 1}}},
        {"filter": {"category": []}},
        {"metadata": {"a": 1}},
        {"metadata": {str(n): "" for n in range(17)}},
    ],
)
def test_a_malformed_question_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Service().submit(**fields)


def test_a_question_of_a_thousand_characters_is_accepted() -> None:
    assert len(Service().submit(question="a" * 1000).question) == 1000


def test_white_space_around_a_question_is_dropped() -> None:
    assert Service().submit(question="  How long?\n").question == "How long?"
