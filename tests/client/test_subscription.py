"""Following jobs over sockets that break: procedures, without a network."""

from typing import Any

import httpx
import pytest

from sluice_client import (
    Interrupted,
    JobCompleted,
    JobInProgress,
    JobQueued,
    Refused,
    Resumed,
    Retry,
    TextDelta,
)
from sluice_client.client.calls import Calls
from sluice_client.transport.http import HttpApi
from sluice_client.transport.operations import SocketLost
from tests.client.fakes import JOB_ID, URL, FakeClock, FakeService, job_json, reply
from tests.client.live_fakes import SILENCE, Script, delta, event, ticket, watching

OTHER = JOB_ID.replace("0190", "0191")


def test_a_ticket_opens_the_socket_and_the_job_is_subscribed_to(
    calls: Calls, script: Script, service: FakeService
) -> None:
    service.replies(ticket("a/b+c"))
    script.offers(event("in_progress"), delta(0, "Yes."), event("completed", "Yes."))

    script.run(watching(calls))

    assert script.opened == ["wss://live.example/v1?ticket=a%2Fb%2Bc"]
    assert script.sent == [{"action": "subscribe", "job_ids": [JOB_ID]}]
    assert [type(item) for item in script.emitted] == [JobInProgress, TextDelta, JobCompleted]
    assert not script.is_open


def test_a_question_is_sent_once_the_socket_is_open(
    calls: Calls, script: Script, service: FakeService
) -> None:
    service.replies(ticket(), reply(job_json("queued"), 202))
    script.offers(event("completed"))

    script.run(calls.stream("What?", None))

    assert [request.url.path for request in service.requests] == ["/tickets", "/jobs"]
    assert len(script.opened) == 1
    assert isinstance(script.emitted[0], JobQueued)
    assert isinstance(script.emitted[-1], JobCompleted)


@pytest.mark.parametrize("ticket_reply", [httpx.Response(500), httpx.ReadTimeout("slow")])
def test_a_socket_that_cannot_be_had_does_not_keep_a_question_back(
    calls: Calls, script: Script, service: FakeService, ticket_reply: Any
) -> None:
    if isinstance(ticket_reply, httpx.Response):
        service.unchecked(ticket_reply)
    else:
        service.replies(lambda request: ticket_reply)
    service.replies(reply(job_json(), 202))

    script.run(calls.stream("What?", None))

    assert isinstance(script.emitted[-1], JobCompleted)


def test_a_finished_job_needs_no_socket(
    calls: Calls, script: Script, service: FakeService, clock: FakeClock
) -> None:
    polled = Calls(HttpApi(URL, timeout=30, retry=Retry(), clock=clock), clock, None)
    service.replies(reply(job_json(), 202))

    script.run(polled.stream("What?", None))

    assert script.text == job_json()["answer"]["text"]
    assert not script.opened


def test_a_lost_connection_is_reported_and_replaced_with_a_new_ticket(
    calls: Calls, script: Script, service: FakeService, clock: FakeClock
) -> None:
    service.replies(ticket("first"), ticket("second"))
    script.offers(event("in_progress"), delta(0, "Nine"), SocketLost("cut"))
    script.offers(event("in_progress", "Nine"), delta(4, "ty."), event("completed", "Ninety."))

    script.run(watching(calls))

    assert [url.rpartition("=")[2] for url in script.opened] == ["first", "second"]
    assert script.actions == ["subscribe", "subscribe"]
    assert script.emitted[2:4] == [Interrupted("cut"), Resumed()]
    assert script.text == "Ninety."
    assert 0 <= clock.sleeps[0] <= 0.5


def test_only_unfinished_jobs_are_subscribed_to_again(
    calls: Calls, script: Script, service: FakeService
) -> None:
    service.replies(ticket(), ticket())
    other = event("completed", id=OTHER) | {"job_id": OTHER}
    script.offers(event("in_progress"), other, SocketLost("cut"))
    script.offers(event("completed"))

    script.run(watching(calls, None, OTHER))

    assert [said["job_ids"] for said in script.sent] == [[JOB_ID, OTHER], [JOB_ID]]


def test_many_jobs_are_subscribed_to_a_hundred_at_a_time(
    calls: Calls, script: Script, service: FakeService
) -> None:
    ids = [f"{JOB_ID[:-12]}{number:012x}" for number in range(250)]
    service.replies(ticket())
    ended = [{"type": "job.completed", "job_id": name, "job": job_json(id=name)} for name in ids]
    script.offers(*ended)

    script.run(calls.watch(dict.fromkeys(ids), None))

    assert [len(said["job_ids"]) for said in script.sent] == [100, 100, 50]


def test_a_gap_is_closed_by_subscribing_again(
    calls: Calls, script: Script, service: FakeService
) -> None:
    service.replies(ticket())
    snapshot, end = event("in_progress", "Ninety."), event("completed", "Ninety.")
    script.offers(delta(0, "Ni"), delta(4, "ty."), snapshot, end)

    script.run(watching(calls))

    assert script.actions == ["subscribe", "subscribe"]
    assert script.text == "Ninety."


def test_a_gap_that_a_cut_left_open_is_asked_about_again(
    calls: Calls, script: Script, service: FakeService
) -> None:
    service.replies(ticket(), ticket())
    script.offers(delta(4, "ty."), SocketLost("cut"))
    script.offers(delta(4, "ty."), event("completed", "Ninety."))

    script.run(watching(calls))

    assert script.actions == ["subscribe"] * 4


def test_a_job_too_large_for_a_message_is_asked_for(
    calls: Calls, script: Script, service: FakeService
) -> None:
    service.replies(ticket(), reply(job_json()))
    script.offers({"type": "job.completed", "job_id": JOB_ID, "url": f"/jobs/{JOB_ID}"})

    script.run(watching(calls))

    assert service.requests[-1].url.path == f"/jobs/{JOB_ID}"
    assert isinstance(script.emitted[-1], JobCompleted)


def test_a_quiet_socket_is_pinged_every_thirty_seconds(
    calls: Calls, script: Script, service: FakeService, clock: FakeClock
) -> None:
    began = clock.now
    service.replies(ticket())
    pong = {"type": "pong"}
    script.offers(event("queued"), SILENCE, pong, SILENCE, pong, event("completed"))

    script.run(watching(calls))

    assert script.actions == ["subscribe", "ping", "ping"]
    assert clock.now - began == 60


def test_a_socket_that_does_not_answer_a_ping_is_replaced(
    calls: Calls, script: Script, service: FakeService, clock: FakeClock
) -> None:
    service.replies(ticket(), ticket())
    script.offers(event("queued"), SILENCE, SILENCE)
    script.offers(event("completed"))

    script.run(watching(calls))

    assert script.actions == ["subscribe", "ping", "subscribe"]
    assert Interrupted("the connection has gone silent") in script.emitted


@pytest.mark.parametrize(
    "nonsense",
    [
        "",
        "{",
        "[]",
        "[" * 100_000,
        b"\xff\x00",
        '{"message": "Internal server error", "connectionId": "c"}',
        '{"type": "error", "problem": {"title": "Something went wrong", "detail": "Try again."}}',
        '{"type": "error"}',
    ],
)
def test_a_frame_that_is_not_a_message_ends_the_connection_but_not_the_watch(
    calls: Calls, script: Script, service: FakeService, nonsense: str | bytes
) -> None:
    service.replies(ticket(), ticket())
    script.offers(nonsense)
    script.offers(event("completed"))

    script.run(watching(calls))

    assert isinstance(script.emitted[-1], JobCompleted)


def test_a_job_that_is_not_the_callers_is_refused(
    calls: Calls, script: Script, service: FakeService
) -> None:
    service.replies(ticket())
    unknown = {"type": "job-not-found", "title": "No such job", "detail": "It is not yours."}
    script.offers({"type": "error", "problem": unknown, "job_id": JOB_ID})

    with pytest.raises(Refused, match="It is not yours") as caught:
        script.run(watching(calls))

    assert (caught.value.status, caught.value.problem.name) == (404, "job-not-found")
