"""When no socket can be opened: polling, timeouts, and when to give up."""

from typing import Any

import httpx
import pytest

from sluice_client import (
    JobCompleted,
    TextDelta,
    Unreachable,
    WaitTimeout,
)
from sluice_client.client.calls import Calls
from sluice_client.transport.operations import SocketLost
from tests.client.fakes import JOB_ID, FakeClock, FakeService, job_json, problem, reply
from tests.client.live_fakes import SILENCE, Script, event, ticket, watching

OTHER = JOB_ID.replace("0190", "0191")


def test_handshakes_that_keep_failing_lead_to_polling(
    calls: Calls, script: Script, service: FakeService, clock: FakeClock
) -> None:
    service.replies(ticket(), ticket(), ticket(), reply(job_json()))
    for _ in range(3):
        script.refuses()

    script.run(watching(calls))

    assert len(script.opened) == 3
    assert len(clock.sleeps) == 3
    assert [type(item) for item in script.emitted] == [TextDelta, JobCompleted]


def test_after_a_minute_of_polling_the_socket_is_tried_again(
    calls: Calls, script: Script, service: FakeService, clock: FakeClock
) -> None:
    began = clock.now
    service.replies(ticket(), ticket(), ticket())
    for _ in range(3):
        script.refuses()
    slow = reply(job_json("queued"), retry_after="30")
    service.replies(slow, slow, ticket())
    script.offers(event("completed"))

    script.run(watching(calls))

    assert len(script.opened) == 4
    assert clock.now - began >= 60


@pytest.mark.parametrize(
    "refusal",
    [
        problem(404, "route-not-found", "No such route."),
        problem(403, "rejected", "Not for this key."),
        reply({"other": "words"}, 201),
    ],
    ids=["no route", "forbidden", "no ticket"],
)
def test_a_service_without_tickets_is_polled_at_once_and_not_asked_again(
    calls: Calls, script: Script, service: FakeService, refusal: httpx.Response
) -> None:
    slow = reply(job_json("queued"), retry_after="100")
    service.unchecked(refusal)
    service.replies(slow, slow, reply(job_json()))

    script.run(watching(calls))

    assert [request.url.path for request in service.requests] == [
        "/tickets",
        *[f"/jobs/{JOB_ID}"] * 3,
    ]
    assert not script.opened


def test_text_grows_by_polling_too(calls: Calls, script: Script, service: FakeService) -> None:
    def so_far(text: str) -> httpx.Response:
        return reply(job_json("in_progress", answer={"text": text, "citations": []}))

    service.unchecked(problem(404, "route-not-found", "No such route."))
    service.replies(so_far("Nine"), so_far("Ninety"), reply(job_json(answer={"text": "Ninety."})))

    script.run(watching(calls))

    assert [n.text for n in script.emitted if isinstance(n, TextDelta)] == ["Nine", "ty", "."]


def test_several_jobs_are_polled_in_turn_without_holding(
    calls: Calls, script: Script, service: FakeService
) -> None:
    service.unchecked(problem(404, "route-not-found", "No such route."))
    service.replies(reply(job_json("queued")), reply(job_json(id=OTHER)), reply(job_json()))

    script.run(watching(calls, None, OTHER))

    asked = [(request.url.path, request.url.query) for request in service.requests[1:]]
    assert asked == [(f"/jobs/{JOB_ID}", b""), (f"/jobs/{OTHER}", b""), (f"/jobs/{JOB_ID}", b"")]


def test_progress_between_failures_keeps_the_socket_in_use(
    calls: Calls, script: Script, service: FakeService
) -> None:
    text = "0123456789"
    for place in range(10):
        service.replies(ticket())
        script.offers(event("in_progress", text[: place + 1]), SocketLost("cut"))
    service.replies(ticket())
    script.offers(event("completed", text))

    script.run(watching(calls))

    assert len(script.opened) == 11
    assert script.text == text


def test_pauses_between_failures_grow_and_are_bounded(
    calls: Calls, script: Script, service: FakeService, clock: FakeClock, monkeypatch: Any
) -> None:
    monkeypatch.setattr("sluice_client.transport.backoff.random.uniform", lambda low, high: high)
    service.replies(ticket())
    script.offers(event("in_progress"))
    offline = [problem(503, "store-unavailable", "Busy.")] * 7
    service.replies(*offline, reply(job_json()))

    script.run(watching(calls))

    assert clock.sleeps == [0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0]


def test_a_service_that_is_away_for_a_minute_is_unreachable(
    calls: Calls, script: Script, service: FakeService, clock: FakeClock
) -> None:
    def away(request: httpx.Request) -> httpx.Response:
        return httpx.ReadError("no route to host")  # type: ignore[return-value]

    service.replies(ticket())
    script.offers(event("in_progress"))
    service.replies(*[away] * 90)
    began = clock.now

    with pytest.raises(Unreachable):
        script.run(watching(calls))

    assert 60 < clock.now - began < 120


def test_a_service_that_was_never_there_is_unreachable_at_once(
    calls: Calls, script: Script, service: FakeService, clock: FakeClock
) -> None:
    def away(request: httpx.Request) -> httpx.Response:
        return httpx.ConnectError("refused")  # type: ignore[return-value]

    service.replies(*[away] * 4)
    began = clock.now

    with pytest.raises(Unreachable, match="Nothing listens"):
        script.run(watching(calls))

    assert clock.now - began < 10


def test_a_timeout_names_the_job_as_last_seen(
    calls: Calls, script: Script, service: FakeService, clock: FakeClock
) -> None:
    began = clock.now
    service.replies(ticket())
    script.offers(event("in_progress"), SILENCE)

    with pytest.raises(WaitTimeout, match=f"sluice job {JOB_ID} --wait") as caught:
        script.run(watching(calls, 5))

    assert clock.now - began == 5
    assert caught.value.job
    assert caught.value.job.status == "in_progress"


def test_a_timeout_while_polling_ends_the_watch(
    calls: Calls, script: Script, service: FakeService
) -> None:
    service.unchecked(problem(404, "route-not-found", "No such route."))
    service.replies(*[reply(job_json("queued"), retry_after="3")] * 3)

    with pytest.raises(WaitTimeout):
        script.run(watching(calls, 5))
