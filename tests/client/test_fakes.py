"""The fakes send what the contracts allow and nothing else; a test that breaks one fails."""

from collections.abc import Iterator

import httpx
import pytest

from tests.client.fakes import JOB_ID, URL, FakeService, breaches, job_json, problem, reply
from tests.client.live_fakes import checked, delta, event

LOOK = httpx.Request("GET", f"{URL}/jobs/{JOB_ID}")


@pytest.fixture
def found() -> Iterator[list[str]]:
    """What was found so far; finding it is no failure of the test."""
    yield breaches
    breaches.clear()


@pytest.mark.parametrize(
    "response",
    [
        problem(404, "unknown-job", "The type is another."),
        problem(409, "conflict", "Looking at a job has no conflicts."),
        reply(job_json(), 202),
        reply(job_json("lost")),
        reply(job_json(colour="red")),
        reply({name: value for name, value in job_json().items() if name != "metadata"}),
        reply({"type": "job-not-found", "title": "T", "status": 404, "detail": "As JSON."}, 404),
        httpx.Response(200, text="no JSON", headers={"content-type": "application/json"}),
        httpx.Response(503),
    ],
)
def test_a_response_that_the_service_never_sends_is_found(
    service: FakeService, found: list[str], response: httpx.Response
) -> None:
    service.replies(response)

    with pytest.raises(AssertionError, match="never answers"):
        service(LOOK)

    assert len(found) == 1


def test_a_call_that_the_service_does_not_have_is_found(
    service: FakeService, found: list[str]
) -> None:
    service.replies(reply(job_json()))

    with pytest.raises(AssertionError, match=r"DELETE /jobs/.* is not documented"):
        service(httpx.Request("DELETE", f"{URL}/jobs/{JOB_ID}"))

    assert len(found) == 1


def test_what_others_send_is_not_checked(service: FakeService) -> None:
    service.unchecked(httpx.Response(502, text="Bad gateway"))

    assert service(LOOK).status_code == 502


@pytest.mark.parametrize(
    "message",
    [
        delta(0, "x") | {"text": ""},
        delta(0, "x") | {"colour": "red"},
        event("completed") | {"job_id": "x"},
        event("completed") | {"type": "job.sung"},
        {"type": "ask", "question": "That is what a client sends."},
        {"type": "error", "problem": {"type": "x"}},
    ],
)
def test_an_event_that_the_service_never_sends_is_found(
    found: list[str], message: dict[str, object]
) -> None:
    with pytest.raises(AssertionError, match="is never"):
        checked(message)

    assert len(found) == 1
