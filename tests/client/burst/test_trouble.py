"""A service that is full, unavailable or slow, or refuses."""

from pathlib import Path

import httpx
import pytest

from tests.client.burst.conftest import Burst
from tests.client.burst.fakes import (
    BurstService,
    numbered,
    write_questions,
)
from tests.client.conftest import Run
from tests.client.fakes import FakeClock, problem


def test_too_many_open_jobs_is_waited_out(
    run: Run, service: BurstService, questions: Path, answers: Path
) -> None:
    service.most_open = 120

    ran = run("burst", str(questions), "-o", str(answers))

    assert ran.code == 0
    assert set(service.asked.values()) == {1}
    assert len(service.sent("POST", "/batches")) > 3


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_gateways_429_without_a_time_is_waited_out(
    run: Run, service: BurstService, clock: FakeClock, questions: Path, answers: Path, method: str
) -> None:
    until = clock.now + 4_000
    service.obstacle = lambda request: (
        problem(429, "too-many-requests", "Slow down.")
        if request.method == method and clock.now < until
        else None
    )

    assert run("burst", str(questions), "-o", str(answers)).code == 0
    assert len(service.requests) < 400
    assert set(service.asked.values()) == {1}


@pytest.mark.parametrize("status", [500, 502, 503, 504, None])
def test_a_burst_survives_an_outage_of_minutes(
    run: Run,
    service: BurstService,
    clock: FakeClock,
    questions: Path,
    answers: Path,
    status: int | None,
) -> None:
    begin, end = clock.now + 5, clock.now + 1_805

    def away(request: httpx.Request) -> httpx.Response | None:
        if not begin <= clock.now < end:
            return None
        if status is None:
            raise httpx.ConnectError("[Errno 111] Connection refused")
        return problem(
            status, "store-unavailable" if status == 503 else "internal-error", "Unavailable."
        )

    service.obstacle = away
    ran = run("burst", str(questions), "-o", str(answers))

    assert ran.code == 0
    assert set(service.asked.values()) == {1}
    assert ran.err.count("Trying again. ") == 1
    assert ran.err.count("The service answers again.") == 1
    assert len(service.requests) < 100


def test_a_lost_response_does_not_lead_to_a_second_batch(
    run: Run, service: BurstService, questions: Path, answers: Path
) -> None:
    lost: list[str] = []

    def socket_errors(request: httpx.Request) -> httpx.Response | None:
        if request.method == "POST" and len(lost) < 2:
            lost.append("")
            service._submit(request)
            raise httpx.ReadTimeout("timed out")
        return None

    service.obstacle = socket_errors

    assert run("burst", str(questions), "-o", str(answers)).code == 0
    assert set(service.asked.values()) == {1}


def test_a_wrong_address_is_reported_within_two_minutes(
    run: Run, service: BurstService, clock: FakeClock, questions: Path, answers: Path
) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("[Errno 111] Connection refused")

    service.obstacle = refuse
    began = clock.now
    ran = run("burst", str(questions), "-o", str(answers))

    assert ran.code == 3
    assert clock.now - began < 130
    assert "0 of 250 are answered. Run the same command again to resume" in ran.err


def test_an_outage_of_more_than_an_hour_ends_a_run_and_the_next_resumes(
    run: Run, service: BurstService, clock: FakeClock, questions: Path, answers: Path
) -> None:
    begin = clock.now + 5
    service.obstacle = lambda request: (
        problem(503, "store-unavailable", "Unavailable.") if clock.now > begin else None
    )
    assert run("burst", str(questions), "-o", str(answers)).code == 6
    service.obstacle = lambda request: None

    assert run("burst", str(questions), "-o", str(answers)).code == 0
    assert set(service.asked.values()) == {1}


@pytest.mark.parametrize(
    ("status", "name"), [(401, "unauthorized"), (403, "rejected"), (413, "too-large")]
)
def test_a_refusal_stops_at_once_with_the_reason(
    run: Run, service: BurstService, questions: Path, answers: Path, status: int, name: str
) -> None:
    service.obstacle = lambda request: problem(status, name, "You may not.")

    ran = run("burst", str(questions), "-o", str(answers))

    assert (ran.code, len(service.requests)) == (4, 1)
    assert "You may not." in ran.err


def test_a_question_the_service_refuses_is_named_and_can_be_corrected(
    run: Run, service: BurstService, questions: Path, answers: Path
) -> None:
    def judge(request: httpx.Request) -> httpx.Response | None:
        if request.method == "GET" or b'"Question 103?"' not in request.content:
            return None
        errors = [{"field": "questions.2.filter", "message": "there is no such attribute"}]
        return problem(422, "invalid-request", "One is wrong.", errors)

    service.obstacle = judge
    ran = run("burst", str(questions), "-o", str(answers))
    assert ran.code == 4
    assert "row-103: filter there is no such attribute" in ran.err

    write_questions(questions, [q for q in numbered(250) if q["custom_id"] != "row-103"])
    assert run("burst", str(questions), "-o", str(answers)).code == 0
    assert len(service.asked) == 249
    assert set(service.asked.values()) == {1}


def test_as_long_as_the_service_asks_for_is_waited_before_sending_again(
    burst: Burst, service: BurstService, clock: FakeClock
) -> None:
    service.most_open = 120
    sent: list[float] = []

    def note(request: httpx.Request) -> None:
        if request.method == "POST":
            sent.append(clock.now)

    service.obstacle = note

    assert burst().code == 0
    refused, again = sent[1:3]  # the second batch
    assert again - refused >= 7


def test_a_service_that_denies_what_it_has_just_accepted_is_asked_no_more(
    burst: Burst, service: BurstService
) -> None:
    service.obstacle = lambda request: (
        problem(404, "batch-not-found", "There is no such batch.")
        if request.method == "GET"
        else None
    )

    assert burst().code == 4
    assert set(service.asked.values()) == {1}
