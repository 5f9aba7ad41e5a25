"""Another caller's jobs, batches and keys look as if they did not exist: same status, same words.

Every route and every action that takes an id, a key, a cursor or a ticket is tried with another
caller's.
The code is asked for its routes and actions, so that none is left out.
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

UNKNOWN = "01a2025b-8bf0-7921-b360-49bf83a90e9e"

#: Ids and cursors of ann, by name.
Items = dict[str, str]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    with mock_aws():
        set_environment(monkeypatch)
        monkeypatch.setenv("PUSH_URL", "http://127.0.0.1:1/v1")
        yield Client()


def items_of_ann(call: Client) -> Items:
    """Create a queued job, a failed one and a batch; return their ids, and a cursor into her list."""
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

#: For each route: which of ann's ids bob tries there, and the request with such an id.
WITH_IDS: dict[str, tuple[list[str], Callable[[Client, str], Reply]]] = {
    "GET /jobs/{job_id}": (JOBS, lambda call, item: call(f"GET /jobs/{item}", key="bob")),
    "POST /jobs/{job_id}/cancel": (
        JOBS, lambda call, item: call(f"POST /jobs/{item}/cancel", key="bob")
    ),
    "POST /jobs/{job_id}/retry": (
        JOBS, lambda call, item: call(f"POST /jobs/{item}/retry", key="bob")
    ),
    "GET /batches/{batch_id}": (BATCHES, lambda call, item: call(f"GET /batches/{item}", key="bob")),
    "POST /batches/{batch_id}/cancel": (
        BATCHES, lambda call, item: call(f"POST /batches/{item}/cancel", key="bob")
    ),
    "GET /jobs": (BATCHES, lambda call, item: call(f"GET /jobs?batch_id={item}", key="bob")),
    "POST /jobs": (
        JOBS,
        lambda call, item: call(
            "POST /jobs", {"question": "And?", "previous_job_id": item}, key="bob"
        ),
    ),
    "POST /batches": (
        JOBS,
        lambda call, item: call(
            "POST /batches",
            {"questions": [{"custom_id": "x", "question": "And?", "previous_job_id": item}]},
            key="bob",
        ),
    ),
}  # fmt: skip
#: Routes that take no id.
WITHOUT = {"POST /tickets", "GET /openapi.json"}


def test_every_route_is_tried(call: Client) -> None:
    routes = {route for app in call.apps for route in app.routes}
    assert routes - WITHOUT == WITH_IDS.keys()


@pytest.mark.parametrize("route", WITH_IDS)
def test_another_callers_ids_look_unknown(call: Client, route: str) -> None:
    items = items_of_ann(call)
    names, request = WITH_IDS[route]
    before = {name: call(f"GET /jobs/{items[name]}") for name in ("queued", "failed")}
    status, headers, body = request(call, UNKNOWN)
    for name in names:
        assert request(call, items[name]) == (status, headers, body), name
    # A batch is refused with 422 whatever is wrong with one of its questions.
    assert status in (404, 422) or body == {"jobs": [], "next_cursor": None}
    assert call("GET /jobs", key="bob")[2]["jobs"] == []
    # And ann's jobs have not changed.
    assert {name: call(f"GET /jobs/{items[name]}") for name in before} == before


def test_another_callers_idempotency_key_has_no_effect(call: Client) -> None:
    items = items_of_ann(call)
    status, _, job = call("POST /jobs", {"question": "Why?"}, key="bob", Idempotency_Key="hers")
    assert (status, job["id"] in items.values()) == (202, False)
    # A different body with the same key would be refused, had the caller used the key itself.
    other = call("POST /jobs", {"question": "What?"}, key="eve", Idempotency_Key="hers")
    assert other[0] == 202
    assert call("POST /batches", batch_of(1), key="dan", Idempotency_Key="hers")[0] == 202


def test_another_callers_cursor_shows_no_jobs(call: Client) -> None:
    items = items_of_ann(call)
    unknown = base64.urlsafe_b64encode(UNKNOWN.encode()).decode().rstrip("=")
    for cursor in (items["cursor"], unknown):
        status, _, page = call(f"GET /jobs?cursor={cursor}", key="bob")
        assert (status, page) == (200, {"jobs": [], "next_cursor": None})


def cursors() -> Iterator[str]:
    def encoded(text: str | bytes) -> str:
        raw = text.encode() if isinstance(text, str) else text
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    yield from ("", "x", "%00", "..", "~", "ä", "a" * 10_000, encoded(b"\xff\xfe"), encoded("0"))
    yield from (encoded(f"ann {UNKNOWN}"), encoded(UNKNOWN.upper()), encoded(f"{UNKNOWN}\n"))
    yield from (encoded("#claim"), encoded("interactive"), UNKNOWN)


@pytest.mark.parametrize("cursor", [*cursors()])
def test_a_malformed_cursor_is_refused(call: Client, cursor: str) -> None:
    status, _, problem = call(f"GET /jobs?cursor={cursor}", key="bob")
    assert (status, problem["type"]) == (400, "invalid-cursor")


def test_a_made_up_cursor_shows_only_the_callers_own_jobs(call: Client) -> None:
    items_of_ann(call)
    own = call("POST /jobs", {"question": "Why?"}, key="bob")[2]["id"]
    for number in (0, 2**128 - 1):
        extreme = UUID(int=number & ~(0xF << 76 | 0x3 << 62) | 0x7 << 76 | 0b10 << 62)
        cursor = base64.urlsafe_b64encode(str(extreme).encode()).decode().rstrip("=")
        status, _, page = call(f"GET /jobs?cursor={cursor}", key="bob")
        assert status == 200
        assert {job["id"] for job in page["jobs"]} <= {own}


@pytest.mark.parametrize(
    "job_id",
    ["..", "%2e%2e", "#lanes", "interactive", UNKNOWN.upper(), "x" * 5_000, "\x00",
     f"{UNKNOWN}\n", "ä", "*", "01a2025b-8bf0-4921-b360-49bf83a90e9e"],
)  # fmt: skip
def test_a_malformed_id_is_refused(call: Client, job_id: str) -> None:
    for route in ("jobs/{}", "batches/{}"):
        status, _, problem = call(f"GET /{route.format(job_id)}")
        assert (status, problem["type"]) == (400, "invalid-id")


# Over a connection


@pytest.fixture
def live(call: Client) -> Live:
    return Live()


def replies(live: Live, key: str, action: dict[str, Any]) -> list[dict[str, Any]]:
    """Send an action as the caller of this API key, and return what the connection receives."""
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
    "ask": lambda item: {"action": "ask", "question": "And?", "previous_job_id": item},
    "subscribe": lambda item: {"action": "subscribe", "job_ids": [item]},
    "unsubscribe": lambda item: {"action": "unsubscribe", "job_ids": [item]},
    "cancel": lambda item: {"action": "cancel", "job_id": item},
    "ping": lambda item: {"action": "ping", "request_id": item},
}


def test_every_action_is_tried() -> None:
    names = [typing.get_args(kind.model_fields["action"].annotation) for kind in
             typing.get_args(Action)]  # fmt: skip
    assert {name for (name,) in names} == ACTIONS.keys()


@pytest.mark.parametrize("name", ACTIONS)
def test_another_callers_ids_look_unknown_over_a_connection(
    call: Client, live: Live, name: str
) -> None:
    items = items_of_ann(call)
    before = call(f"GET /jobs/{items['queued']}")
    unknown = json.dumps(replies(live, "bob", ACTIONS[name](UNKNOWN)))
    for item in JOBS:
        reply = json.dumps(replies(live, "bob", ACTIONS[name](items[item])))
        assert reply.replace(items[item], UNKNOWN) == unknown, item
    assert call(f"GET /jobs/{items['queued']}") == before
    stored = live.store
    job = stored.get(stored.list(caller_of(live, "ann"), limit=9).jobs[-1].key)
    assert job is not None
    assert job.subscribers == frozenset()


def test_a_ticket_belongs_to_the_caller_that_asked_for_it(call: Client, live: Live) -> None:
    assert caller_of(live, "ann") == caller_of(live, "ann") != caller_of(live, "bob")
