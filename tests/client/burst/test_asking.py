"""`sluice burst`: every question of a file is asked once and answered once."""

import json
from pathlib import Path

import httpx
import pytest

from sluice_client.burst import runner
from tests.client.burst.conftest import Burst
from tests.client.burst.fakes import (
    BurstService,
    numbered,
    read_answers,
    write_questions,
)
from tests.client.conftest import Run
from tests.client.fakes import FakeClock


def test_every_question_is_asked_once_and_its_answer_stored(
    run: Run, service: BurstService, questions: Path, answers: Path
) -> None:
    ran = run("burst", str(questions), "-o", str(answers))

    assert (ran.code, ran.out) == (0, "")
    assert set(service.asked.values()) == {1}
    kept = {record["custom_id"]: record for record in read_answers(answers)}
    assert len(read_answers(answers)) == len(kept) == 250
    assert kept["row-17"]["answer"]["text"] == "Answer to Question 17?"
    assert kept["row-17"]["job_id"] in service.jobs
    assert kept["row-17"]["sources"][0]["page"] == 23
    assert [len(json.loads(r.content)["questions"]) for r in service.sent("POST", "/batches")] == [
        100,
        100,
        50,
    ]
    assert not answers.with_name("answers.jsonl.state").exists()
    assert "250 of 250 answered." in ran.err


def test_what_goes_along_with_a_question_is_sent(
    run: Run, service: BurstService, tmp_path: Path, answers: Path
) -> None:
    said = {
        "question": "What?",
        "custom_id": "a",
        "filter": {"year": 2024, "topic": ["x", "y"]},
        "previous_job_id": "0190c7f2-4d5e-7abc-8def-0123456789ab",
        "lane": "bulk",
        "max_wait_seconds": 60,
        "metadata": {"ticket": "4711"},
    }
    questions = write_questions(tmp_path / "q.jsonl", [said, "And that?"])

    run("burst", str(questions), "-o", str(answers))

    body = json.loads(service.sent("POST", "/batches")[0].content)
    assert body == {"questions": [said, {"custom_id": "line-2", "question": "And that?"}]}


def test_a_second_run_asks_nothing(
    run: Run, service: BurstService, questions: Path, answers: Path
) -> None:
    run("burst", str(questions), "-o", str(answers))
    before = answers.read_bytes()
    service.requests.clear()

    ran = run("burst", str(questions), "-o", str(answers))

    assert (ran.code, service.requests) == (0, [])
    assert answers.read_bytes() == before


def test_answers_are_written_as_they_come_and_looked_for_politely(
    run: Run, service: BurstService, clock: FakeClock, tmp_path: Path, answers: Path
) -> None:
    questions = write_questions(tmp_path / "q.jsonl", numbered(1_000))
    grown: list[int] = []

    def look(request: httpx.Request) -> None:
        if request.method == "GET":
            grown.append(answers.read_bytes().count(b"\n"))

    service.obstacle = look
    ran = run("burst", str(questions), "-o", str(answers))

    assert ran.code == 0
    assert len(set(grown)) > 8  # in 100 s, at 10 a second
    assert clock.now < 1_000 + 100 + 12
    assert len(service.requests) < 100


def test_a_page_has_no_more_jobs_than_are_wanted(
    run: Run, service: BurstService, questions: Path, answers: Path
) -> None:
    run("burst", str(questions), "-o", str(answers))

    fetched = sum(int(request.url.params["limit"]) for request in service.sent("GET", "/jobs"))
    assert fetched == 250


@pytest.mark.parametrize(
    ("word", "said"), [("fail", "1 failed: content-filtered (1)."), ("cancel", "1 cancelled.")]
)
def test_a_question_without_answer_exits_1_and_is_named_and_stored(
    run: Run, service: BurstService, tmp_path: Path, answers: Path, word: str, said: str
) -> None:
    questions = write_questions(tmp_path / "q.jsonl", ["What?", f"{word} this", "nothing here"])

    ran = run("burst", str(questions), "-o", str(answers))

    assert ran.code == 1
    assert "2 of 3 answered, 1 of them without sources." in ran.err
    assert said in ran.err
    assert "Without answer: line-2. Ask them again with --retry-failed." in ran.err
    assert len(read_answers(answers)) == 3


def test_the_summary_adds_up_tokens_and_dollars(
    run: Run, service: BurstService, questions: Path, answers: Path
) -> None:
    ran = run("burst", str(questions), "-o", str(answers))

    assert "225,000 tokens in, 10,000 out, 0.3000 US dollars." in ran.err


def test_failed_questions_are_asked_again_only_with_retry_failed_and_leave_one_line_each(
    run: Run, service: BurstService, tmp_path: Path, answers: Path
) -> None:
    questions = write_questions(tmp_path / "q.jsonl", ["What?", "fail a", "cancel b"])
    command = ("burst", str(questions), "-o", str(answers))

    assert [run(*command).code, run(*command).code] == [1, 1]
    assert service.asked["fail a"] == 1
    assert [run(*command, "--retry-failed").code for _ in range(3)] == [1, 1, 1]

    assert service.asked == {"What?": 1, "fail a": 4, "cancel b": 4}
    kept = {record["custom_id"]: record for record in read_answers(answers)}
    assert len(read_answers(answers)) == 3
    assert kept["line-2"]["burst"]["round"] == 4
    assert (
        kept["line-2"]["job_id"]
        == [job["id"] for job in service.jobs.values() if job["question"] == "fail a"][-1]
    )


def test_limit_asks_the_first_and_the_rest_can_follow(
    run: Run, service: BurstService, questions: Path, answers: Path
) -> None:
    first = run("burst", str(questions), "-o", str(answers), "--limit", "10")
    assert (first.code, len(service.jobs)) == (0, 10)
    assert "10 of 10 answered." in first.err

    run("burst", str(questions), "-o", str(answers))

    assert len(service.asked) == 250
    assert set(service.asked.values()) == {1}


def test_new_lines_and_changed_lines_are_asked_and_no_others(
    run: Run, service: BurstService, questions: Path, answers: Path
) -> None:
    run("burst", str(questions), "-o", str(answers))
    rows = [{"custom_id": "new", "question": "First of all?"}, *numbered(250)]
    rows[100]["question"] = "Question 100, in other words?"
    rows[200]["filter"] = {"year": 2024}  # type: ignore[assignment]
    del rows[150]
    write_questions(questions, rows)
    already = len(service.jobs)

    ran = run("burst", str(questions), "-o", str(answers))

    assert ran.code == 0
    assert [job["custom_id"] for job in list(service.jobs.values())[already:]] == [
        "new",
        "row-100",
        "row-200",
    ]
    kept = {record["custom_id"]: record for record in read_answers(answers)}
    assert len(read_answers(answers)) == 251
    assert kept["row-100"]["question"] == "Question 100, in other words?"
    assert kept["row-150"]["status"] == "completed"


def test_jobs_that_the_list_does_not_have_yet_are_fetched_one_by_one(
    run: Run, service: BurstService, tmp_path: Path, answers: Path
) -> None:
    questions = write_questions(tmp_path / "q.jsonl", numbered(5))
    service.obstacle = lambda request: (
        httpx.Response(200, json={"jobs": [], "next_cursor": None})
        if request.url.path == "/v1/jobs"
        else None
    )

    assert run("burst", str(questions), "-o", str(answers)).code == 0
    assert len(read_answers(answers)) == 5


def test_five_thousand_lines_take_seconds_and_few_requests(
    run: Run, service: BurstService, tmp_path: Path, answers: Path
) -> None:
    service.rate = 50
    questions = write_questions(tmp_path / "q.jsonl", numbered(5_000))

    ran = run("burst", str(questions), "-o", str(answers))

    assert ran.code == 0
    assert len(read_answers(answers)) == 5_000
    assert len(service.requests) < 400
    assert "5,000 of 5,000 answered." in ran.err
    assert len([line for line in ran.err.splitlines() if "open" in line]) in (2, 3, 4)


def test_first_answers_are_polled_for_although_the_last_is_far_away(
    burst: Burst, service: BurstService, clock: FakeClock, questions: Path
) -> None:
    write_questions(questions, numbered(100))
    service.rate = 0.2  # the first begins in 3 s
    looks: list[float] = []

    def note(request: httpx.Request) -> None:
        if request.method == "GET":
            looks.append(clock.now)

    service.obstacle = note
    began = clock.now

    assert burst().code == 0
    assert looks[0] - began < 10


def test_no_more_batches_are_open_than_may_be(
    burst: Burst, service: BurstService, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "_MOST_OPEN", 2)
    open_jobs: list[int] = []

    def note(request: httpx.Request) -> None:
        open_jobs.append(sum(job["ends"] > clock.now for job in service.jobs.values()))

    service.obstacle = note

    assert burst().code == 0
    assert max(open_jobs) <= 200
