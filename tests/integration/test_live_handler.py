import json
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from adapters.memory.clock import ManualClock
from adapters.memory.job_store import MemoryJobStore
from adapters.memory.push import MemoryPush
from sluice.errors import ConnectionGone
from tests.integration.handlers import an_event, fresh, live_socket, set_environment

CONNECTION = "KxyzaeGkIAMCJUw="


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch, push: MemoryPush) -> Iterator[Any]:
    with mock_aws():
        set_environment(monkeypatch)
        monkeypatch.setenv("PUSH_URL", "http://127.0.0.1:1/v1")
        yield live_socket(push=push)


@pytest.fixture
def push() -> MemoryPush:
    return MemoryPush()


def said(live: Any, push: MemoryPush, body: str) -> list[dict[str, Any]]:
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
def test_no_ticket_opens_nothing(live: Any, ticket: str | None) -> None:
    denied = live.authorize(connecting(ticket), None)
    assert denied["policyDocument"]["Statement"][0]["Effect"] == "Deny"
    assert denied["context"] == {"caller": ""}


def test_a_question_over_the_connection_becomes_a_job(live: Any, push: MemoryPush) -> None:
    event = an_event("message")
    assert live.serve(event, None) == {"statusCode": 200}
    (told,) = push.sent[CONNECTION]
    assert (told["type"], told["request_id"]) == ("job.queued", "r1")


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
    (told,) = said(live, push, body)
    assert (told["type"], told["problem"]["type"]) == ("error", kind)
    assert told.get("request_id") == request_id


@pytest.mark.usefixtures("live")
def test_a_defect_is_reported_without_its_inside(push: MemoryPush) -> None:
    class Broken(MemoryJobStore):
        def create(self, jobs: object) -> bool:
            raise RuntimeError("secret")

    live = live_socket(push=push, store=Broken(ManualClock()))
    (told,) = said(live, push, '{"action": "ask", "question": "Why?"}')
    assert told["problem"]["type"] == "internal-error"
    assert "secret" not in json.dumps(told)


def test_a_client_that_is_gone_is_no_error(live: Any, push: MemoryPush) -> None:
    push.failures[CONNECTION] = [ConnectionGone()]
    assert said(live, push, '{"action": "ping"}') == []


def test_connecting_and_disconnecting_succeed(live: Any) -> None:
    event = an_event("message")
    for kind in ("CONNECT", "DISCONNECT"):
        event["requestContext"]["eventType"] = kind
        assert live.serve(event, None) == {"statusCode": 200}
