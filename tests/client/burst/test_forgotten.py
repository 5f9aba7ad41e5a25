"""Lost journals, edited questions, and batches that the service no longer has."""

from pathlib import Path

import httpx
import pytest

from tests.client.burst.conftest import Burst
from tests.client.burst.fakes import (
    BurstService,
    all_are_asked_and_answered_once,
    interrupt_at,
    interrupt_looking,
    numbered,
    read_answers,
    write_questions,
)
from tests.client.fakes import FakeClock


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    return write_questions(tmp_path / "questions.jsonl", numbered(8))


DAY = 86_400.0


@pytest.mark.parametrize("hours", [0, 30])
def test_a_lost_journal_is_made_good_by_keys_and_by_the_answers(
    burst: Burst,
    service: BurstService,
    clock: FakeClock,
    questions: Path,
    answers: Path,
    journal: Path,
    hours: int,
) -> None:
    write_questions(questions, numbered(250))
    service.rate = 2
    interrupt_at(service, answers, 30)
    burst()
    assert len(service.jobs) == 250
    journal.unlink()
    clock.now += hours * 3_600

    assert burst().code == 0

    by_batch = [
        sum(service.asked[f"Question {n}?"] for n in part)
        for part in (range(1, 101), range(101, 251))
    ]
    # Without any answer, a batch cannot be found once its key is forgotten.
    assert by_batch == [100, 150 if hours < 24 else 300]
    assert len(read_answers(answers)) == 250


def test_a_lost_journal_keeps_no_edited_question_from_being_asked(
    burst: Burst, service: BurstService, questions: Path, answers: Path, journal: Path
) -> None:
    write_questions(questions, numbered(100))
    service.rate = 1
    interrupt_at(service, answers, 10)
    burst()
    journal.unlink()
    rows = numbered(100)
    rows[0]["filter"] = {"year": 2024}  # type: ignore[assignment]
    rows[99]["question"] = "Something else?"
    write_questions(questions, rows)
    already = len(service.jobs)

    assert burst().code == 0

    asked = [job["custom_id"] for job in list(service.jobs.values())[already:]]
    assert asked == ["row-1", "row-100"]
    kept = {record["custom_id"]: record["question"] for record in read_answers(answers)}
    assert kept["row-100"] == "Something else?"


def test_an_edited_filter_is_asked_anew_though_the_old_question_is_on_its_way(
    burst: Burst, service: BurstService, questions: Path, answers: Path
) -> None:
    write_questions(questions, numbered(100))
    service.rate = 1
    interrupt_at(service, answers, 10)
    burst()
    rows = numbered(100)
    rows[99]["filter"] = {"year": 2024}  # type: ignore[assignment]
    write_questions(questions, rows)

    assert burst().code == 0

    kept = {record["custom_id"]: record["job_id"] for record in read_answers(answers)}
    assert len(kept) == 100
    assert service.jobs[kept["row-100"]]["filter"] == {"year": 2024}


def test_what_the_service_no_longer_has_is_asked_again(
    burst: Burst, service: BurstService, answers: Path, journal: Path
) -> None:
    interrupt_looking(service)
    assert burst().code == 130
    assert len(service.jobs) == 8
    service.expire()

    assert burst().code == 0
    all_are_asked_and_answered_once(service, answers, journal)


def test_a_batch_that_is_gone_is_forgotten_when_what_it_lacked_is_asked_again(
    burst: Burst, service: BurstService, clock: FakeClock, answers: Path, journal: Path
) -> None:
    service.rate = 0.5
    interrupt_at(service, answers, 2)
    burst()
    answered = len(read_answers(answers))
    assert 2 <= answered < 8
    service.expire()

    def interrupting(request: httpx.Request) -> None:
        if service.jobs and request.method == "GET":
            service.obstacle = lambda request: None
            raise KeyboardInterrupt

    service.obstacle = interrupting
    assert burst().code == 130
    assert len(service.jobs) == 8 - answered
    clock.now += 2 * DAY

    assert burst().code == 0
    assert len(service.jobs) == 8 - answered
    assert len(read_answers(answers)) == 8


def test_a_trial_of_a_few_forgets_nothing_of_the_burst_before(
    burst: Burst,
    service: BurstService,
    clock: FakeClock,
    questions: Path,
    answers: Path,
    journal: Path,
) -> None:
    write_questions(questions, numbered(250))
    service.rate = 2
    interrupt_at(service, answers, 30)
    burst()

    assert burst("--limit", "10").code == 0
    assert journal.exists()

    clock.now += 2 * DAY
    assert burst().code == 0
    all_are_asked_and_answered_once(service, answers, journal, 250)
