from typing import Any

import pytest
from pydantic import ValidationError

from sluice.errors import Conflict, NotFound, QueueRefused, UnsupportedFilter
from sluice.job.answer import Answer
from sluice.job.job import Lane, Status
from sluice.job.turn import Turn
from tests.builders import a_job
from tests.house import House


def test_a_question_is_stored_and_then_sent() -> None:
    house = House()
    job = house.submit(metadata={"ticket": "4711"})
    assert house.store.get(job.key) == job
    assert house.queue.sent == [job.key]
    assert job.status is Status.QUEUED
    assert job.metadata == {"ticket": "4711"}
    assert job.expires_at == house.clock.now + 86_400


def test_a_question_may_step_aside() -> None:
    house = House()
    assert house.submit().lane is Lane.INTERACTIVE
    assert house.submit(lane="bulk").lane is Lane.BULK
    assert house.queue.lanes == [Lane.INTERACTIVE, Lane.BULK]


def test_a_refusing_queue_leaves_nothing_behind() -> None:
    house = House()
    house.queue.refuses = True
    with pytest.raises(QueueRefused):
        house.submit()
    assert house.store.list("ann", limit=10).jobs == []


def test_a_filter_nobody_knows_is_refused_before_anything_is_stored() -> None:
    house = House()
    with pytest.raises(UnsupportedFilter):
        house.submit(filter={"colour": "red"})
    assert house.queue.sent == []


def test_a_follow_up_brings_the_last_five_turns_along() -> None:
    house = House()
    turns = [Turn(question=f"Question {n}?", answer=f"Answer {n}.") for n in range(5)]
    previous = a_job(status=Status.COMPLETED, answer=Answer(text="Ninety days."), turns=turns)
    house.store.create([previous])
    job = house.submit(question="And umbrellas?", previous_job_id=previous.id)
    assert job.turns == [
        *turns[1:],
        Turn(question="How long is lost property kept?", answer="Ninety days."),
    ]


def test_a_follow_up_of_another_callers_job_finds_nothing() -> None:
    house = House()
    previous = a_job(status=Status.COMPLETED, answer=Answer(text="Secret."))
    house.store.create([previous])
    with pytest.raises(NotFound):
        house.submit(caller="bob", previous_job_id=previous.id)


def test_a_follow_up_waits_for_the_answer_before_it() -> None:
    house = House()
    previous = a_job()
    house.store.create([previous])
    with pytest.raises(Conflict, match="queued"):
        house.submit(previous_job_id=previous.id)


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
def test_a_question_of_the_wrong_form_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        House().submit(**fields)


def test_a_question_of_a_thousand_characters_is_taken() -> None:
    assert len(House().submit(question="a" * 1000).question) == 1000


def test_white_space_around_a_question_is_dropped() -> None:
    assert House().submit(question="  How long?\n").question == "How long?"
