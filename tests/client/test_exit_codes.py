"""The exit codes of `sluice`, and the message with each."""

import json

import httpx
import pytest

from tests.client.conftest import Run
from tests.client.fakes import (
    JOB_ID,
    URL,
    FakeService,
    job_json,
    problem,
    queued,
    reply,
)

GO_ON = f"sluice job {JOB_ID} --wait"


@pytest.mark.parametrize(
    "arguments",
    [
        ["ask"],
        ["ask", ""],
        ["ask", "\udcff"],
        ["ask", "a", "b"],
        ["ask", "a", "--timeout", "0"],
        ["ask", "a", "--timeout", "nan"],
        ["ask", "a", "--timeout", "soon"],
        ["ask", "a", "--filter", "region"],
        ["ask", "a", "--filter", "=emea"],
        ["ask", "a", "--filter", "year:=two"],
        ["ask", "a", "--category", " "],
        ["job"],
        ["job", ".."],
        ["job", JOB_ID, "--timeout", "3"],
        ["jobs", "--limit", "0"],
        ["jobs", "--status", "lost"],
        ["dance"],
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_2_and_sends_nothing(
    run: Run, service: FakeService, arguments: list[str]
) -> None:
    ran = run(*arguments)

    assert (ran.code, ran.out) == (2, "")
    assert "Usage: sluice" in ran.err
    assert not service.requests


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_a_job_without_answer_exits_1(run: Run, service: FakeService, status: str) -> None:
    error = {"title": "The model is busy", "detail": "Too many tokens.", "retryable": True}
    service.replies(reply(queued(1, 2), 202), reply(job_json(status, error=error)))

    ran = run("ask", "What?")

    assert (ran.code, ran.out) == (1, "")
    assert status in ran.err


def test_a_failed_job_shows_why_and_whether_to_ask_again(run: Run, service: FakeService) -> None:
    error = {"title": "The model is busy", "detail": "Too many tokens.", "retryable": True}
    service.replies(reply(job_json("failed", error=error), 202))

    ran = run("ask", "What?")

    assert ran.err == (
        f"Job {JOB_ID} failed: The model is busy: Too many tokens. Asking again may help.\n"
    )


def test_nothing_configured_exits_3(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLUICE_URL")
    monkeypatch.delenv("SLUICE_API_KEY")

    ran = run("ask", "What?")

    assert (ran.code, ran.out, ran.err.count("\n")) == (3, "", 1)
    assert "make run" in ran.err


def test_nothing_listening_exits_3_in_one_line_naming_the_url(
    run: Run, service: FakeService
) -> None:
    service.replies(*[httpx.ConnectError("[Errno 111] Connection refused")] * 4)

    ran = run("ask", "What?")

    assert (ran.code, ran.out) == (3, "")
    assert ran.err == (
        f"Nothing listens at {URL} ([Errno 111] Connection refused): start Sluice with"
        " `make run` in another terminal, or correct SLUICE_URL.\n"
    )


def test_a_refusal_exits_4_with_the_services_words(run: Run, service: FakeService) -> None:
    service.replies(problem(422, "invalid-request", "Shorten the question to 1,000 characters."))

    ran = run("ask", "What?")

    assert (ran.code, ran.out) == (4, "")
    assert "Shorten the question to 1,000 characters." in ran.err


def test_a_timeout_exits_5_and_shows_how_to_continue(run: Run, service: FakeService) -> None:
    service.replies(*[reply(queued(4, 60), retry_after="60")] * 3)

    ran = run("ask", "What?", "--timeout", "5")

    assert (ran.code, ran.out) == (5, "")
    assert GO_ON in ran.err


def test_a_timeout_with_json_prints_the_job_as_it_stands(run: Run, service: FakeService) -> None:
    service.replies(*[reply(queued(4, 60), retry_after="60")] * 3)

    ran = run("ask", "What?", "--timeout", "5", "--json")

    assert ran.code == 5
    assert json.loads(ran.out) == queued(4, 60)


def test_a_service_failure_exits_6(run: Run, service: FakeService) -> None:
    service.replies(problem(500, "internal-error", "Something went wrong on our side."))

    assert run("ask", "What?").code == 6


def test_a_failure_after_submission_shows_how_to_continue(run: Run, service: FakeService) -> None:
    service.replies(reply(queued(1, 2), 202), problem(500, "internal-error", "It broke."))

    ran = run("ask", "What?")

    assert ran.code == 6
    assert GO_ON in ran.err


def test_ctrl_c_while_waiting_exits_130_and_shows_how_to_continue(
    run: Run, service: FakeService
) -> None:
    service.replies(reply(queued(1, 2), 202), KeyboardInterrupt())

    ran = run("ask", "What?")

    assert (ran.code, ran.out) == (130, "")
    assert GO_ON in ran.err


def test_ctrl_c_while_submitting_shows_where_to_look(run: Run, service: FakeService) -> None:
    service.replies(KeyboardInterrupt())

    ran = run("ask", "What?")

    assert ran.code == 130
    assert "sluice jobs" in ran.err
