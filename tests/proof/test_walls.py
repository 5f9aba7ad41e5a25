"""What is another caller's is as if it did not exist: the same status and the same words.

Every route and every action that takes an id, a key, a cursor or a ticket is tried with another
caller's. That all routes and actions are tried is checked against the code.
"""

import base64
import json
import typing
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from moto import mock_aws

from sluice.intake.actions import Action
from tests.integration.handlers import Live, an_event, fresh, set_environment
from tests.integration.test_http_life import Client, Reply, batch_of, fail

NOBODYS = "01a2025b-8bf0-7921-b360-49bf83a90e9e"

#: What ann has, by what it is.
Things = dict[str, str]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    with mock_aws():
        set_environment(monkeypatch)
        monkeypatch.setenv("PUSH_URL", "http://127.0.0.1:1/v1")
        yield Client()


def things_of_ann(call: Client) -> Things:
    """A queued job, a failed one, a batch and its first job, a cursor into her list."""
    queued = call("POST /jobs", {"question": "Why?"}, Idempotency_Key="hers")[2]
    failed = call("POST /jobs", {"question": "Why?"})[2]
    fail(failed["id"])
    batch = call("POST /batches", batch_of(2))[2]
    page = call("GET /jobs?limit=1")[2]
    return {
        "queued": queued["id"],
        "failed": failed["id"],
        "batch": batch["id"],
        "batch job": batch["jobs"][0]["id"],
        "cursor": page["next_cursor"],
    }


JOBS = ["queued", "failed", "batch job", "batch"]
BATCHES = ["batch", "batch job", "queued"]

#: Routes by what they do with an id, `{}`, and which of ann's things bob tries there.
WITH_IDS: dict[str, tuple[list[str], Callable[[Client, str], Reply]]] = {
    "GET /jobs/{job_id}": (JOBS, lambda call, of: call(f"GET /jobs/{of}", key="bob")),
    "POST /jobs/{job_id}/cancel": (
        JOBS, lambda call, of: call(f"POST /jobs/{of}/cancel", key="bob")
    ),
    "POST /jobs/{job_id}/retry": (
        JOBS, lambda call, of: call(f"POST /jobs/{of}/retry", key="bob")
    ),
    "GET /batches/{batch_id}": (BATCHES, lambda call, of: call(f"GET /batches/{of}", key="bob")),
    "POST /batches/{batch_id}/cancel": (
        BATCHES, lambda call, of: call(f"POST /batches/{of}/cancel", key="bob")
    ),
    "GET /jobs": (BATCHES, lambda call, of: call(f"GET /jobs?batch_id={of}", key="bob")),
    "POST /jobs": (
        JOBS,
        lambda call, of: call(
            "POST /jobs", {"question": "And?", "previous_job_id": of}, key="bob"
        ),
    ),
    "POST /batches": (
        JOBS,
        lambda call, of: call(
            "POST /batches",
            {"questions": [{"custom_id": "x", "question": "And?", "previous_job_id": of}]},
            key="bob",
        ),
    ),
}  # fmt: skip
#: Routes that take no id at all.
WITHOUT = {"POST /tickets", "GET /openapi.json"}


def test_every_route_is_tried(call: Client) -> None:
    routes = {route for app in call.apps for route in app.routes}
    assert routes - WITHOUT == WITH_IDS.keys()


@pytest.mark.parametrize("route", WITH_IDS)
def test_another_callers_ids_are_as_if_they_did_not_exist(call: Client, route: str) -> None:
    things = things_of_ann(call)
    names, request = WITH_IDS[route]
    before = {name: call(f"GET /jobs/{things[name]}") for name in ("queued", "failed")}
    status, headers, body = request(call, NOBODYS)
    for name in names:
        assert request(call, things[name]) == (status, headers, body), name
    # A batch's refusal names the question, whatever is wrong with it.
    assert status in (404, 422) or body == {"jobs": [], "next_cursor": None}
    assert call("GET /jobs", key="bob")[2]["jobs"] == []
    # Nor has anything been done to what is hers.
    assert {name: call(f"GET /jobs/{things[name]}") for name in before} == before


def test_another_callers_idempotency_key_stands_for_nothing(call: Client) -> None:
    things = things_of_ann(call)
    status, _, job = call("POST /jobs", {"question": "Why?"}, key="bob", Idempotency_Key="hers")
    assert (status, job["id"] in things.values()) == (202, False)
    # Not even another body tells that somebody has used the key.
    other = call("POST /jobs", {"question": "What?"}, key="eve", Idempotency_Key="hers")
    assert other[0] == 202
    assert call("POST /batches", batch_of(1), key="dan", Idempotency_Key="hers")[0] == 202


def test_another_callers_cursor_opens_nothing(call: Client) -> None:
    things = things_of_ann(call)
    nobodys = base64.urlsafe_b64encode(NOBODYS.encode()).decode().rstrip("=")
    for cursor in (things["cursor"], nobodys):
        status, _, page = call(f"GET /jobs?cursor={cursor}", key="bob")
        assert (status, page) == (200, {"jobs": [], "next_cursor": None})


def cursors() -> Iterator[str]:
    def encoded(text: str | bytes) -> str:
        raw = text.encode() if isinstance(text, str) else text
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    yield from ("", "x", "%00", "..", "~", "ä", "a" * 10_000, encoded(b"\xff\xfe"), encoded("0"))
    yield from (encoded(f"ann {NOBODYS}"), encoded(NOBODYS.upper()), encoded(f"{NOBODYS}\n"))
    yield from (encoded("#claim"), encoded("interactive"), NOBODYS)


@pytest.mark.parametrize("cursor", [*cursors()])
def test_a_cursor_that_nobody_was_given_is_refused(call: Client, cursor: str) -> None:
    status, _, problem = call(f"GET /jobs?cursor={cursor}", key="bob")
    assert (status, problem["type"]) == (400, "invalid-cursor")


def test_a_made_up_cursor_is_a_place_in_ones_own_list_and_no_more(call: Client) -> None:
    things_of_ann(call)
    own = call("POST /jobs", {"question": "Why?"}, key="bob")[2]["id"]
    for number in (0, 2**128 - 1):
        extreme = UUID(int=number & ~(0xF << 76 | 0x3 << 62) | 0x7 << 76 | 0b10 << 62)
        cursor = base64.urlsafe_b64encode(str(extreme).encode()).decode().rstrip("=")
        status, _, page = call(f"GET /jobs?cursor={cursor}", key="bob")
        assert status == 200
        assert {job["id"] for job in page["jobs"]} <= {own}


@pytest.mark.parametrize(
    "job_id",
    ["..", "%2e%2e", "#lanes", "interactive", NOBODYS.upper(), "x" * 5_000, "\x00",
     f"{NOBODYS}\n", "ä", "*", "01a2025b-8bf0-4921-b360-49bf83a90e9e"],
)  # fmt: skip
def test_what_can_be_no_id_reaches_no_store(call: Client, job_id: str) -> None:
    for route in ("jobs/{}", "batches/{}"):
        status, _, problem = call(f"GET /{route.format(job_id)}")
        assert (status, problem["type"]) == (400, "invalid-id")


# Over the connection


@pytest.fixture
def live(call: Client) -> Live:
    return Live()


def said(live: Live, key: str, action: dict[str, Any]) -> list[dict[str, Any]]:
    """What a connection of this key's caller is told; its ticket was redeemed."""
    live.push.sent.clear()
    event = an_event("message", body=json.dumps(action))
    event["requestContext"]["authorizer"] = {"caller": caller_of(live, key)}
    live.socket.serve(event, None)
    return live.push.sent[event["requestContext"]["connectionId"]]


def caller_of(live: Live, key: str) -> str:
    issued = an_event("submit_job", resource="/tickets", body=None, headers={"x-api-key": key})
    ticket = json.loads(fresh("status.app").handler(issued, None)["body"])["ticket"]
    event = an_event("connect", queryStringParameters={"ticket": ticket})
    return str(live.socket.authorize(event, None)["context"]["caller"])


ACTIONS: dict[str, Callable[[str], dict[str, Any]]] = {
    "ask": lambda of: {"action": "ask", "question": "And?", "previous_job_id": of},
    "subscribe": lambda of: {"action": "subscribe", "job_ids": [of]},
    "unsubscribe": lambda of: {"action": "unsubscribe", "job_ids": [of]},
    "cancel": lambda of: {"action": "cancel", "job_id": of},
    "ping": lambda of: {"action": "ping", "request_id": of},
}


def test_every_action_is_tried() -> None:
    names = [typing.get_args(kind.model_fields["action"].annotation) for kind in
             typing.get_args(Action)]  # fmt: skip
    assert {name for (name,) in names} == ACTIONS.keys()


@pytest.mark.parametrize("name", ACTIONS)
def test_another_callers_ids_say_nothing_over_a_connection(
    call: Client, live: Live, name: str
) -> None:
    things = things_of_ann(call)
    before = call(f"GET /jobs/{things['queued']}")
    nobodys = json.dumps(said(live, "bob", ACTIONS[name](NOBODYS)))
    for thing in JOBS:
        told = json.dumps(said(live, "bob", ACTIONS[name](things[thing])))
        assert told.replace(things[thing], NOBODYS) == nobodys, thing
    assert call(f"GET /jobs/{things['queued']}") == before
    stored = live.store
    job = stored.get(stored.list(caller_of(live, "ann"), limit=9).jobs[-1].key)
    assert job is not None
    assert job.subscribers == frozenset()


def test_a_ticket_stands_for_who_asked_for_it(call: Client, live: Live) -> None:
    assert caller_of(live, "ann") == caller_of(live, "ann") != caller_of(live, "bob")
