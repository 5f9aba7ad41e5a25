import json
from typing import cast

import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from local.bedrock import eventstream

NAMES = st.text(min_size=1, max_size=40).filter(lambda name: len(name.encode()) <= 255)
HEADERS = st.dictionaries(NAMES, st.text(max_size=200), max_size=8)
JSON = st.dictionaries(st.text(), st.text() | st.integers() | st.lists(st.text()))


def decode(data: bytes) -> list[tuple[dict[str, str], bytes]]:
    buffer = EventStreamBuffer()
    buffer.add_data(data)
    return drain(buffer)


def drain(buffer: EventStreamBuffer) -> list[tuple[dict[str, str], bytes]]:
    # The stubs give the headers another type than botocore does.
    return [(cast("dict[str, str]", message.headers), message.payload) for message in buffer]


@given(headers=HEADERS, payload=st.binary())
def test_botocore_decodes_what_we_encode(headers: dict[str, str], payload: bytes) -> None:
    assert decode(eventstream.encode(headers, payload)) == [(headers, payload)]


@given(st.lists(st.tuples(HEADERS, st.binary(max_size=50)), max_size=5), st.integers(1, 64))
def test_messages_are_decoded_from_chunks_of_any_size(
    messages: list[tuple[dict[str, str], bytes]], size: int
) -> None:
    stream = b"".join(eventstream.encode(*message) for message in messages)
    buffer = EventStreamBuffer()
    seen: list[tuple[dict[str, str], bytes]] = []
    for start in range(0, len(stream), size):
        buffer.add_data(stream[start : start + size])
        seen += drain(buffer)
    assert seen == messages


@given(kind=NAMES, payload=JSON)
def test_an_event_carries_its_kind_and_json(kind: str, payload: dict[str, object]) -> None:
    [(headers, raw)] = decode(eventstream.event(kind, payload))
    assert headers == {
        ":event-type": kind,
        ":content-type": "application/json",
        ":message-type": "event",
    }
    assert json.loads(raw) == payload


def test_an_exception_is_marked_as_one() -> None:
    [(headers, raw)] = decode(eventstream.exception("throttlingException", "Too many tokens"))
    assert headers[":message-type"] == "exception"
    assert headers[":exception-type"] == "throttlingException"
    assert json.loads(raw) == {"message": "Too many tokens"}


def test_a_message_has_the_bytes_of_the_published_layout() -> None:
    lengths, prelude_crc, header, payload, crc = (
        "0000001800000006",
        "dcd1a61f",
        "0161" + "07" + "0001" + "62",
        "7b7d",
        "f3d78873",
    )
    wire = lengths + prelude_crc + header + payload + crc
    assert eventstream.encode({"a": "b"}, b"{}").hex() == wire


@pytest.mark.parametrize(
    ("headers", "payload"),
    [
        ({"": "x"}, b""),
        ({"n" * 256: "x"}, b""),
        ({"n": "v" * 65_536}, b""),
        ({f"n{i}": "v" * 60_000 for i in range(3)}, b""),
        ({}, bytes(eventstream.MAX_PAYLOAD + 1)),
    ],
)
def test_a_message_that_botocore_cannot_read_is_rejected(
    headers: dict[str, str], payload: bytes
) -> None:
    with pytest.raises(ValueError, match=r"bytes"):
        eventstream.encode(headers, payload)
