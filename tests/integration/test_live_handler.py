import json
from typing import Any

import pytest

from adapters.memory.clock import ManualClock
from adapters.memory.job_store import MemoryJobStore
from adapters.memory.push import MemoryPush
from sluice.errors import ConnectionGone
from tests.integration.handlers import an_event, fresh, live_socket

CONNECTION = "KxyzaeGkIAMCJUw="


@pytest.fixture
def live(queue_url: str, monkeypatch: pytest.MonkeyPatch, push: MemoryPush) -> Any:
    monkeypatch.setenv("PUSH_URL", "http://127.0.0.1:1/v1")
    return live_socket(push=push)


@pytest.fixture
def push() -> MemoryPush:
    return MemoryPush()


def replies(live: Any, push: MemoryPush, body: str) -> list[dict[str, Any]]:
    push.sent.clear()
    assert live.serve(an_event("message", body=body), None) == {"statusCode": 200}
    return push.sent.get(CONNECTION, [])


def connecting(ticket: str | None) -> dict[str, Any]:
    return an_event("connect", queryStringParameters={"ticket": ticket} if ticket else None)


def test_a_ticket_from_the_api_opens_a_connection_once(live: Any) -> None:
    status = fresh("status.app")
    event = an_event("submit_job", resource="/tickets", body=None)
    answer = status.handler(event, None)
    assert answer["statusCode"] == 201
    ticket = json.loads(answer["body"])["ticket"]
    allowed = live.authorize(connecting(ticket), None)
    assert allowed["policyDocument"]["Statement"][0]["Effect"] == "Allow"
    assert len(allowed["context"]["caller"]) == 32
    again = live.authorize(connecting(ticket), None)
    assert again["policyDocument"]["Statement"][0]["Effect"] == "Deny"


@pytest.mark.parametrize("ticket", ["made up", "", None])
def test_without_a_valid_ticket_no_connection_opens(live: Any, ticket: str | None) -> None:
    denied = live.authorize(connecting(ticket), None)
    assert denied["policyDocument"]["Statement"][0]["Effect"] == "Deny"
    assert denied["context"] == {"caller": ""}


def test_a_question_over_the_connection_becomes_a_job(live: Any, push: MemoryPush) -> None:
    event = an_event("message")
    assert live.serve(event, None) == {"statusCode": 200}
    (reply,) = push.sent[CONNECTION]
    assert (reply["type"], reply["request_id"]) == ("job.queued", "r1")


@pytest.mark.parametrize(
    ("body", "kind", "request_id"),
    [
        ("{", "invalid-json", None),
        ('{"action": "dance", "request_id": "z"}', "invalid-request", "z"),
        ('{"action": "ping", "request_id": 7}', "invalid-request", None),
        ('"' + "x" * 1_000_000 + '"', "too-large", None),
        ('{"action": "ask", "question": "Why?", "filter": {"colour": "x"}, "request_id": "f"}',
         "unsupported-filter", "f"),
    ],
)  # fmt: skip
def test_a_bad_message_is_answered_with_its_problem(
    live: Any, push: MemoryPush, body: str, kind: str, request_id: str | None
) -> None:
    (reply,) = replies(live, push, body)
    assert (reply["type"], reply["problem"]["type"]) == ("error", kind)
    assert reply.get("request_id") == request_id


@pytest.mark.usefixtures("live")
def test_a_defect_is_reported_without_details(push: MemoryPush) -> None:
    class Broken(MemoryJobStore):
        def create(self, jobs: object) -> bool:
            raise RuntimeError("secret")

    live = live_socket(push=push, store=Broken(ManualClock()))
    (reply,) = replies(live, push, '{"action": "ask", "question": "Why?"}')
    assert reply["problem"]["type"] == "internal-error"
    assert "secret" not in json.dumps(reply)


def test_a_client_that_has_left_is_no_error(live: Any, push: MemoryPush) -> None:
    push.failures[CONNECTION] = [ConnectionGone()]
    assert replies(live, push, '{"action": "ping"}') == []


def test_connecting_and_disconnecting_succeed(live: Any) -> None:
    event = an_event("message")
    for kind in ("CONNECT", "DISCONNECT"):
        event["requestContext"]["eventType"] = kind
        assert live.serve(event, None) == {"statusCode": 200}
