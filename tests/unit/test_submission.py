from typing import Any

import pytest
from pydantic import ValidationError

from sluice.answer import Answer
from sluice.errors import Conflict, NotFound, QueueRefused, UnsupportedFilter
from sluice.filters import FilterFields
from sluice.job import Job, Lane, Status
from sluice.prompt import Turn
from sluice.question import Question
from sluice.submission import Submission
from tests.builders import a_job
from tests.fakes import FakeClock, MemoryJobStore, MemoryLaneBook, MemoryQueue


class Desk:
    """A Submission with everything around it in memory."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.store = MemoryJobStore(self.clock)
        self.queue = MemoryQueue()
        self.submission = Submission(
            self.store, self.queue, MemoryLaneBook(), self.clock, FilterFields(), 86_400
        )

    def submit(self, caller: str = "ann", **fields: object) -> Job:
        given = {"question": "How long is lost property kept?"} | fields
        return self.submission.submit(caller, Question.model_validate(given))


def test_a_question_is_stored_and_then_sent() -> None:
    desk = Desk()
    job = desk.submit(metadata={"ticket": "4711"})
    assert desk.store.get(job.key) == job
    assert desk.queue.sent == [job.key]
    assert job.status is Status.QUEUED
    assert job.metadata == {"ticket": "4711"}
    assert job.expires_at == desk.clock.now + 86_400


def test_a_question_may_step_aside() -> None:
    desk = Desk()
    assert desk.submit().lane is Lane.INTERACTIVE
    assert desk.submit(lane="bulk").lane is Lane.BULK
    assert desk.queue.lanes == [Lane.INTERACTIVE, Lane.BULK]


def test_a_refusing_queue_leaves_nothing_behind() -> None:
    desk = Desk()
    desk.queue.refuses = True
    with pytest.raises(QueueRefused):
        desk.submit()
    assert desk.store.list("ann", status=None, limit=10, after=None).jobs == []


def test_a_filter_nobody_knows_is_refused_before_anything_is_stored() -> None:
    desk = Desk()
    with pytest.raises(UnsupportedFilter):
        desk.submit(filter={"colour": "red"})
    assert desk.queue.sent == []


def test_a_follow_up_brings_the_last_five_turns_along() -> None:
    desk = Desk()
    turns = [Turn(question=f"Question {n}?", answer=f"Answer {n}.") for n in range(5)]
    previous = a_job(status=Status.COMPLETED, answer=Answer(text="Ninety days."), turns=turns)
    desk.store.create(previous)
    job = desk.submit(question="And umbrellas?", previous_job_id=previous.id)
    assert job.turns == [
        *turns[1:],
        Turn(question="How long is lost property kept?", answer="Ninety days."),
    ]


def test_a_follow_up_of_another_callers_job_finds_nothing() -> None:
    desk = Desk()
    previous = a_job(status=Status.COMPLETED, answer=Answer(text="Secret."))
    desk.store.create(previous)
    with pytest.raises(NotFound):
        desk.submit(caller="bob", previous_job_id=previous.id)


def test_a_follow_up_waits_for_the_answer_before_it() -> None:
    desk = Desk()
    previous = a_job()
    desk.store.create(previous)
    with pytest.raises(Conflict, match="queued"):
        desk.submit(previous_job_id=previous.id)


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
        Desk().submit(**fields)


def test_a_question_of_a_thousand_characters_is_taken() -> None:
    assert len(Desk().submit(question="a" * 1000).question) == 1000


def test_white_space_around_a_question_is_dropped() -> None:
    assert Desk().submit(question="  How long?\n").question == "How long?"
