"""Whatever a client sends over a connection gets a reply, and none is an internal error."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from tests.integration.handlers import Live, an_event, set_environment
from tests.proof.fuzzing import bounded
from tests.proof.malformed import HOSTILE, mutated, strings, values

JOB = "01a2025b-8bf0-7921-b360-49bf83a90e9e"
ACTIONS: list[dict[str, Any]] = [
    {"action": "ask", "question": "Why?", "request_id": "1", "filter": {"category": "a"},
     "max_wait_seconds": 5, "metadata": {"a": "b"}, "lane": "bulk", "previous_job_id": JOB},
    {"action": "subscribe", "job_ids": [JOB], "request_id": "1"},
    {"action": "unsubscribe", "job_ids": [JOB], "request_id": "1"},
    {"action": "cancel", "job_id": JOB, "request_id": "1"},
    {"action": "ping", "request_id": "1"},
]  # fmt: skip
#: The types of reply that a client may get.
REPLIES = {"error", "job.queued", "unsubscribed", "cancelling", "pong"}

#: JSON with half of a surrogate pair, escaped or as it is.
HALVES = [
    r'{"action": "dance", "request_id": "\ud83d"}',
    r'{"action": "ping", "request_id": "\ud83d"}',
    '{"action": "ping", "request_id": "\ud83d"}',
    "\udc00",
]

messages = st.one_of(
    st.sampled_from(ACTIONS).flatmap(mutated).map(json.dumps),
    st.sampled_from(ACTIONS).flatmap(mutated).map(lambda each: json.dumps(each, ensure_ascii=False)),
    values.map(json.dumps),
    strings,
    st.sampled_from(['{"action": "ping"' + "}" * 9, "[" * 60_000, '{"a":' * 60_000, "9" * 5_000,
                     '{"action": "ask", "question": 1e999999}', '{"action": NaN}', "\ufeff{}"]),
    st.sampled_from(HOSTILE).map(lambda text: json.dumps({"action": "dance", "request_id": text})),
)  # fmt: skip


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with mock_aws():
        set_environment(monkeypatch)
        monkeypatch.setenv("PUSH_URL", "http://127.0.0.1:1/v1")
        yield Live()


def is_whole(message: str) -> bool:
    """Return whether the message has no lone surrogate, also none that is escaped."""
    try:
        message.encode()
        json.dumps(json.loads(message), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    except (ValueError, RecursionError):
        return True
    return True


def check_is_replied_to(live: Live, message: str) -> None:
    live.push.sent.clear()
    assert live.socket.serve(an_event("message", body=message), None) == {"statusCode": 200}
    received = [event for events in live.push.sent.values() for event in events]
    assert received, "there was no reply"
    for event in received:
        assert event["type"] in REPLIES
        if event["type"] == "error":
            assert event["problem"]["type"] != "internal-error", event


def test_every_message_gets_a_reply(live: Live) -> None:
    @bounded(150)
    @given(message=messages.filter(is_whole))
    def holds(message: str) -> None:
        check_is_replied_to(live, message)

    holds()


@pytest.mark.parametrize("message", HALVES)
def test_half_a_surrogate_pair_gets_a_reply(live: Live, message: str) -> None:
    check_is_replied_to(live, message)
