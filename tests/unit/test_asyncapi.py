"""docs/asyncapi.yaml describes what the code of the WebSocket does, and no more."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from sluice import errors
from sluice.ids import new_job_id
from sluice.intake.actions import Action, parse_action
from sluice.job.job import Lane, Status
from sluice.ports import Piece
from sluice.push.events import LARGEST_MESSAGE, error_event, job_event
from tests.builders import NOW, a_job, a_stream_end
from tests.contract import asyncapi, check_event, payload_schema
from tests.service import Service
from tests.unit.test_socket_actions import ConnectedService

PROJECT = Path(__file__).parents[2]

Message = Mapping[str, Any]


MESSAGES: dict[str, Any] = asyncapi()["components"]["messages"]


def names_of(operation: str) -> set[str]:
    """Return the names of an operation's messages."""
    refs = asyncapi()["operations"][operation]["messages"]
    return {ref["$ref"].rpartition("/")[2] for ref in refs}


def known_actions() -> dict[str, type[Any]]:
    """Return the actions that the code reads, by name."""
    return {get_args(kind.model_fields["action"].annotation)[0]: kind for kind in get_args(Action)}


@cache
def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(payload_schema(name))


def is_accepted(message: Message) -> bool:
    try:
        parse_action(json.dumps(message))
    except ValidationError:
        return False
    return True


def sent_by_a_worker() -> Iterator[Message]:
    """Yield the events of watched jobs that succeed, start again, are given back and fail."""
    again = errors.Unavailable("cut")
    for steps in (
        [[Piece("Ninety "), Piece("days [1]."), a_stream_end()]],
        [[Piece("Wrong"), again], [Piece("Right [1]."), a_stream_end("max_tokens")]],
        [[Piece("Nine"), errors.Throttled("later")]],
        [[a_stream_end("guardrail_intervened")]],
    ):
        service = Service(*steps)
        job = service.add(subscribers=frozenset(["one"]), metadata={"ticket": "4711"})
        for receives in range(1, len(steps) + 1):
            service.deliver(job, receives=receives)
        yield from service.push.sent["one"]


def sent_over_a_connection() -> Iterator[Message]:
    """Yield the replies to every action, valid and invalid."""
    service = ConnectedService()
    job = service.add()
    for message in (
        {"action": "ask", "question": "How long?", "request_id": "r"},
        {"action": "subscribe", "job_ids": [job.id, "x", new_job_id(NOW)]},
        {"action": "unsubscribe", "job_ids": [job.id, "x"], "request_id": "u"},
        {"action": "cancel", "job_id": job.id, "request_id": "c"},
        {"action": "cancel", "job_id": "x"},
        {"action": "ping"},
        {"action": "ping", "request_id": "p"},
    ):
        yield from service.receive(json.dumps(message))
    service.push.sent.clear()
    fault = errors.InvalidRequest(
        "question: is required", [{"field": "question", "message": "is required"}]
    )
    for error in (fault, errors.QueueRefused("Try again."), errors.SluiceError("Try again.")):
        service.actions.refuse("one", error, request_id="r")
    yield from service.push.sent["one"]


def sent_for_any_job() -> Iterator[Message]:
    for status, lane in product(Status, Lane):
        yield json.loads(job_event(a_job(status=status, lane=lane), request_id="r").encode())


def all_sent() -> list[Message]:
    return [*sent_by_a_worker(), *sent_over_a_connection(), *sent_for_any_job()]


def test_every_event_that_is_sent_is_as_documented() -> None:
    for message in all_sent():
        check_event(message)


def test_the_documented_events_are_those_that_are_sent() -> None:
    assert {message["type"] for message in all_sent()} == names_of("sendEvent")


def test_every_event_named_in_the_source_is_documented() -> None:
    written = re.compile(r'PlainEvent\(\s*"([\w.]+)"|"type": "(job\.\w+)"')
    sources = [path.read_text(encoding="utf-8") for path in (PROJECT / "src").rglob("*.py")]
    found = {
        name for source in sources for pair in written.findall(source) for name in pair if name
    }
    assert found >= {"pong", "error", "job.delta"}
    assert found <= names_of("sendEvent")


def test_the_documented_actions_are_those_that_are_read() -> None:
    assert names_of("receiveAction") == set(known_actions())


def test_each_message_belongs_to_one_operation() -> None:
    assert set(MESSAGES) == names_of("receiveAction") | names_of("sendEvent")
    assert set(asyncapi()["channels"]["connection"]["messages"]) == set(MESSAGES)
    assert not names_of("receiveAction") & names_of("sendEvent")


def test_each_reference_can_be_resolved() -> None:
    text = json.dumps(asyncapi())
    for ref in set(re.findall(r'"\$ref": "#/([^"]+)"', text)):
        place = asyncapi()
        for part in ref.split("/"):
            assert part in place, ref
            place = place[part]


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_each_example_is_valid_by_its_own_schema(name: str) -> None:
    examples = [example["payload"] for example in MESSAGES[name]["examples"]]
    assert examples
    for example in examples:
        assert not list(validator(name).iter_errors(example))
        assert name in (example.get("type"), example.get("action"))


def test_the_job_of_an_event_has_the_events_status() -> None:
    for name in MESSAGES:
        for example in MESSAGES[name]["examples"]:
            if job := example["payload"].get("job"):
                assert name == f"job.{job['status']}"


@pytest.mark.parametrize("name", sorted(known_actions()))
def test_each_example_of_an_action_is_read(name: str) -> None:
    for example in MESSAGES[name]["examples"]:
        assert parse_action(json.dumps(example["payload"])).action == name


@pytest.mark.parametrize("name", sorted(known_actions()))
def test_an_action_has_the_documented_fields_and_no_others(name: str) -> None:
    payload, kind = MESSAGES[name]["payload"], known_actions()[name]
    assert set(payload["properties"]) == set(kind.model_fields)
    required = {field for field, info in kind.model_fields.items() if info.is_required()}
    assert set(payload["required"]) == required
    example = MESSAGES[name]["examples"][0]["payload"]
    assert not is_accepted(example | {"colour": "red"})
    assert not validator(name).is_valid(example | {"colour": "red"})
    for field in required:
        without = {key: value for key, value in example.items() if key != field}
        assert not is_accepted(without), field
        assert not validator(name).is_valid(without), field


#: Messages at the limits, and beyond them.
AT_THE_LIMITS: list[Message] = [
    *({"action": "ping", "request_id": given} for given in (None, 1, "r" * 128, "r" * 129)),
    *({"action": "subscribe", "job_ids": given} for given in ([], "x", [1], ["x"] * 100)),
    {"action": "unsubscribe", "job_ids": ["x"] * 101},
    *({"action": "ask", "question": given} for given in ("", 1, "é" * 1000, "é" * 1001)),
    *({"action": "ask", "question": "Why?", "previous_job_id": given} for given in (None, "x")),
    *({"action": "ask", "question": "Why?", "lane": given} for given in (None, "bulk", "x")),
    *(
        {"action": "ask", "question": "Why?", "max_wait_seconds": given}
        for given in (None, 0, 0.1, 604_800, 604_801, "1")
    ),
]
FILTERS: list[Any] = [
    *(None, {}, "x", {"a": "b", "c": 1, "d": ["e"]}, {"": "b"}, {"a": None}, {"a": ""}),
    *({"a" * 200: "b"}, {"a" * 201: "b"}, {"a": True}, {"a": []}, {"a": [""]}),
    *({"a": 2**63 - 1}, {"a": 2**63}, {"a": -(2**63)}, {"a": -(2**63) - 1}),
    *({"a": ["b"] * 20}, {"a": ["b"] * 21}, {"a": "b" * 2048}, {"a": "b" * 2049}),
    *({str(n): "b" for n in range(size)} for size in (10, 11)),
]
METADATA: list[Any] = [
    *(None, {}, [], {"a": ""}, {"a": 1}, {"": "b"}, {"a": "b" * 512}, {"a": "b" * 513}),
    *({str(n): "b" for n in range(size)} for size in (16, 17)),
]


@pytest.mark.parametrize(
    "message",
    [
        *AT_THE_LIMITS,
        *({"action": "ask", "question": "Why?", "filter": given} for given in FILTERS),
        *({"action": "ask", "question": "Why?", "metadata": given} for given in METADATA),
    ],
)
def test_each_limit_is_the_same_in_document_and_code(message: Message) -> None:
    assert validator(message["action"]).is_valid(message) == is_accepted(message)


def test_an_event_that_would_be_too_large_has_the_documented_url() -> None:
    job = a_job(status=Status.COMPLETED, metadata={str(n): "é" * 60_000 for n in range(2)})
    message = json.loads(job_event(job).encode())
    assert "url" in message
    check_event(message)
    assert f"{LARGEST_MESSAGE:,} bytes" in asyncapi()["info"]["description"]


def test_an_undocumented_event_fails_the_check() -> None:
    delta = {"type": "job.delta", "job_id": new_job_id(NOW), "attempt": 1, "offset": 0, "text": "a"}
    assert validator("job.delta").is_valid(delta)
    for change in (
        {"offset": -1},
        {"offset": "0"},
        {"text": ""},
        {"colour": "red"},
        {"attempt": 0},
    ):
        assert not validator("job.delta").is_valid(delta | change)
    error = json.loads(error_event(errors.NotFound("No."), job_id="x").encode())
    assert not validator("error").is_valid(error | {"problem": {"type": "x"}})
