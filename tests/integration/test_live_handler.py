import json
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from sluice.errors import ConnectionGone
from tests.fakes import FakePush
from tests.integration.handlers import an_event, fresh, set_environment

CONNECTION = "KxyzaeGkIAMCJUw="


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with mock_aws():
        set_environment(monkeypatch)
        monkeypatch.setenv("PUSH_URL", "http://127.0.0.1:1/v1")
        yield fresh("status.live")


@pytest.fixture
def push(live: Any) -> FakePush:
    push = FakePush()
    object.__setattr__(live._watching, "push", push)
    return push


def said(live: Any, push: FakePush, body: str) -> list[dict[str, Any]]:
    push.sent.clear()
    assert live.handler(an_event("message", body=body), None) == {"statusCode": 200}
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


def test_a_question_over_the_connection_becomes_a_job(live: Any, push: FakePush) -> None:
    event = an_event("message")
    assert live.handler(event, None) == {"statusCode": 200}
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
def test_what_is_wrong_is_told_to_its_client(
    live: Any, push: FakePush, body: str, kind: str, request_id: str | None
) -> None:
    (told,) = said(live, push, body)
    assert (told["type"], told["problem"]["type"]) == ("error", kind)
    assert told.get("request_id") == request_id


def test_a_defect_is_told_without_its_inside(
    live: Any, push: FakePush, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(type(live._watching), "act", broken)
    (told,) = said(live, push, '{"action": "ping"}')
    assert told["problem"]["type"] == "internal-error"
    assert "secret" not in json.dumps(told)


def test_a_client_that_is_gone_is_no_error(live: Any, push: FakePush) -> None:
    push.failures[CONNECTION] = [ConnectionGone()]
    assert said(live, push, '{"action": "ping"}') == []


def test_connecting_and_leaving_are_let_pass(live: Any) -> None:
    event = an_event("message")
    for kind in ("CONNECT", "DISCONNECT"):
        event["requestContext"]["eventType"] = kind
        assert live.handler(event, None) == {"statusCode": 200}
