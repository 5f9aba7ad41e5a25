"""`sluice burst` that ends early: the next run resumes, and asks nothing twice."""

import os
from pathlib import Path
from typing import Any

import httpx
import pytest

from sluice_client.burst import submission
from sluice_client.burst.journal import Journal
from sluice_client.burst.jsonl_file import JsonlFile
from tests.client.burst.conftest import Burst
from tests.client.burst.fakes import (
    BurstService,
    Killed,
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


@pytest.fixture
def _in_threes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three batches are enough."""
    monkeypatch.setattr(submission, "MOST_QUESTIONS", 3)


@pytest.mark.usefixtures("_in_threes")
@pytest.mark.parametrize("part", [0.0, 0.5, 1.0], ids=["before", "torn", "after"])
@pytest.mark.parametrize("killing", range(8))
def test_killed_at_any_answer(
    burst: Burst,
    service: BurstService,
    answers: Path,
    journal: Path,
    monkeypatch: pytest.MonkeyPatch,
    killing: int,
    part: float,
) -> None:
    written = 0
    append = JsonlFile._append

    def dying(self: JsonlFile, data: bytes) -> None:
        nonlocal written
        if written == killing:
            os.write(self._file.fileno(), data[: int(len(data) * part)])
            raise Killed
        written += 1
        append(self, data)

    monkeypatch.setattr(JsonlFile, "_append", dying)
    with pytest.raises(Killed):
        burst()

    monkeypatch.setattr(JsonlFile, "_append", append)
    assert burst().code == 0
    all_are_asked_and_answered_once(service, answers, journal)


#: 3 batches to send, 3 that were accepted, and all of them once they have ended.
JOURNAL_WRITES = 7


@pytest.mark.usefixtures("_in_threes")
@pytest.mark.parametrize("moment", ["before", "uncommitted", "after"])
@pytest.mark.parametrize("killing", range(JOURNAL_WRITES))
def test_killed_at_any_change_of_the_journal(
    burst: Burst,
    service: BurstService,
    answers: Path,
    journal: Path,
    monkeypatch: pytest.MonkeyPatch,
    killing: int,
    moment: str,
) -> None:
    written = 0
    change = Journal._run

    def dying(self: Journal, statement: str, *values: object) -> Any:
        nonlocal written
        if statement.startswith(("SELECT", "PRAGMA")):
            return change(self, statement, *values)
        if written == killing:
            if moment == "uncommitted":
                self._database.execute("BEGIN")
            if moment != "before":
                change(self, statement, *values)
            raise Killed
        written += 1
        return change(self, statement, *values)

    with monkeypatch.context() as patched:
        patched.setattr(Journal, "_run", dying)
        # A process that is killed deletes nothing.
        patched.setattr(Journal, "close", lambda self: self._database.close())
        with pytest.raises(Killed):
            burst()

    assert burst().code == 0
    all_are_asked_and_answered_once(service, answers, journal)


@pytest.mark.usefixtures("_in_threes")
@pytest.mark.parametrize("served", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("killing", range(9))
def test_killed_at_any_request(
    burst: Burst, service: BurstService, answers: Path, journal: Path, killing: int, served: bool
) -> None:
    def dying(request: httpx.Request) -> None:
        if len(service.requests) == killing + 1:
            service.obstacle = lambda request: None
            if served:
                service(request)
            raise Killed

    service.obstacle = dying
    with pytest.raises(Killed):
        burst()

    assert burst().code == 0
    all_are_asked_and_answered_once(service, answers, journal)


@pytest.mark.usefixtures("_in_threes")
@pytest.mark.parametrize("days", [0, 2], ids=["soon", "after-the-keys-are-forgotten"])
@pytest.mark.parametrize("served", [False, True], ids=["before", "after"])
def test_killed_while_a_batch_is_sent(
    burst: Burst,
    service: BurstService,
    clock: FakeClock,
    answers: Path,
    journal: Path,
    served: bool,
    days: int,
) -> None:
    def dying(request: httpx.Request) -> None:
        if len(service.sent("POST", "/batches")) == 2:
            service.obstacle = lambda request: None
            if served:
                service(request)
            raise Killed

    service.obstacle = dying
    with pytest.raises(Killed):
        burst()
    clock.now += days * DAY

    assert burst().code == 0
    all_are_asked_and_answered_once(service, answers, journal)


@pytest.mark.parametrize("days", [0, 2])
def test_ctrl_c_at_a_third_and_then_again(
    burst: Burst,
    service: BurstService,
    clock: FakeClock,
    questions: Path,
    answers: Path,
    journal: Path,
    days: int,
) -> None:
    write_questions(questions, numbered(300))
    interrupt_at(service, answers, 100)

    ran = burst()

    answered = len(read_answers(answers))
    assert (ran.code, 100 <= answered < 200) == (130, True)
    assert f"{answered} of 300 are answered. Run the same command again to resume" in ran.err
    clock.now += days * DAY
    again = burst()
    assert again.code == 0
    assert "300 of 300 answered." in again.err
    all_are_asked_and_answered_once(service, answers, journal, 300)


def test_a_failed_one_is_asked_again_once_though_the_run_is_interrupted(
    burst: Burst, service: BurstService, questions: Path, answers: Path
) -> None:
    write_questions(questions, ["fail a", "What?"])
    burst()
    interrupt_looking(service)
    assert burst("--retry-failed").code == 130
    assert burst().code == 1

    assert service.asked == {"fail a": 2, "What?": 1}
    assert [record["burst"]["round"] for record in read_answers(answers)] == [1, 2]


def test_a_run_that_begins_while_the_service_is_away_waits_if_it_knows_the_service(
    burst: Burst, service: BurstService, clock: FakeClock, answers: Path, journal: Path
) -> None:
    interrupt_looking(service)
    assert burst().code == 130
    until = clock.now + 1_800

    def away(request: httpx.Request) -> None:
        if clock.now < until:
            raise httpx.ConnectError("[Errno 111] Connection refused")

    service.obstacle = away
    assert burst().code == 0
    all_are_asked_and_answered_once(service, answers, journal)
