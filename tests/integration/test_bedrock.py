import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.eventstream import ChecksumMismatch
from botocore.exceptions import EventStreamError, ReadTimeoutError
from botocore.stub import Stubber
from urllib3.exceptions import ProtocolError

from adapters.bedrock import BedrockGenerator, read_events
from adapters.failures import upstream
from sluice.errors import (
    Misconfigured,
    PromptTooLong,
    SluiceError,
    Throttled,
    Unavailable,
    UpstreamRefused,
)
from sluice.ports import Piece, Prompt, StreamEnd

PROMPT = Prompt(system="Be brief.", user="Hello?")
RECORDED = Path(__file__).parents[3] / "shared" / "corpora" / "protocol" / "bedrock"

EVENTS: list[dict[str, Any]] = [
    {"messageStart": {"role": "assistant", "p": "abc"}},
    {"contentBlockDelta": {"delta": {"reasoningContent": {"text": "hm"}}, "contentBlockIndex": 0}},
    {"contentBlockDelta": {"delta": {"text": "Ninety "}, "contentBlockIndex": 1}},
    {"contentBlockDelta": {"delta": {"text": "days."}, "contentBlockIndex": 1}},
    {"contentBlockStop": {"contentBlockIndex": 1}},
    {"somethingNew": {"x": 1}},
    {"messageStop": {"stopReason": "end_turn"}},
    {"metadata": {"usage": {"inputTokens": 12, "outputTokens": 5, "totalTokens": 17}}},
]


class Stream(Iterator[dict[str, Any]]):
    """An event stream as boto3 returns it: an iterator that can be closed."""

    def __init__(self, events: list[Any]) -> None:
        self._events = iter(events)
        self.closed = False

    def __next__(self) -> dict[str, Any]:
        event = next(self._events)
        if isinstance(event, Exception):
            raise event
        return dict(event)

    def close(self) -> None:
        self.closed = True


def test_text_becomes_pieces_and_the_stop_a_stream_end() -> None:
    *pieces, end = read_events(Stream(EVENTS), "req-1")
    assert pieces == [Piece("Ninety "), Piece("days.")]
    assert end == StreamEnd("end_turn", input_tokens=12, output_tokens=5, request_id="req-1")


def test_a_cut_stream_has_no_end() -> None:
    assert all(isinstance(each, Piece) for each in read_events(Stream(EVENTS[:4]), None))


class Client:
    """A bedrock-runtime client that answers with one stream and keeps the last request."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.request: dict[str, Any] = {}

    def converse_stream(self, **request: Any) -> dict[str, Any]:
        self.request = request
        return {"stream": self.stream, "ResponseMetadata": {"RequestId": "req-1"}}


def test_a_request_sets_max_tokens_and_the_guardrail() -> None:
    client: Any = Client(Stream(EVENTS))
    generator = BedrockGenerator(client, "us.anthropic.claude-x-v1:0", ("g1", "2"))
    assert len(list(generator.generate(PROMPT, max_tokens=77))) == 3
    assert client.request == {
        "modelId": "us.anthropic.claude-x-v1:0",
        "system": [{"text": "Be brief."}],
        "messages": [{"role": "user", "content": [{"text": "Hello?"}]}],
        "inferenceConfig": {"maxTokens": 77},
        "guardrailConfig": {"guardrailIdentifier": "g1", "guardrailVersion": "2"},
    }
    assert client.stream.closed


@pytest.mark.parametrize(
    ("code", "message", "error"),
    [
        ("ThrottlingException", "Too many tokens per day", Throttled),
        ("ServiceUnavailableException", "", Unavailable),
        ("ModelNotReadyException", "", Unavailable),
        ("ModelTimeoutException", "", Unavailable),
        ("ModelErrorException", "", Unavailable),
        ("AccessDeniedException", "", Misconfigured),
        ("ResourceNotFoundException", "", Misconfigured),
        ("ValidationException", "The model identifier is invalid.", UpstreamRefused),
        ("ValidationException", "Input is too long for requested model.", PromptTooLong),
    ],
)
def test_bedrocks_errors_become_ours(code: str, message: str, error: type[SluiceError]) -> None:
    client = boto3.client("bedrock-runtime")
    with Stubber(client) as stub:
        stub.add_client_error("converse_stream", code, service_message=message)
        with pytest.raises(error):
            list(BedrockGenerator(client, "m").generate(PROMPT, max_tokens=5))


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (EventStreamError({"Error": {"Code": "throttlingException"}}, "ConverseStream"), Throttled),
        (
            EventStreamError({"Error": {"Code": "modelStreamErrorException"}}, "ConverseStream"),
            Unavailable,
        ),
        (ReadTimeoutError(endpoint_url="http://bedrock"), Unavailable),
        (ProtocolError("Connection broken"), Unavailable),
        (ChecksumMismatch(1, 2), Unavailable),
        (ConnectionResetError(), Unavailable),
    ],
)
def test_an_error_in_mid_stream_becomes_ours(failure: Exception, error: type[SluiceError]) -> None:
    with pytest.raises(error), upstream("Amazon Bedrock"):
        list(read_events(Stream([*EVENTS[:3], failure]), None))


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recordings are not beside the project")
def test_recorded_streams_are_read_whole() -> None:
    read = 0
    for file in sorted((RECORDED / "converse-stream").glob("*.json")):
        response = json.loads(file.read_text(encoding="utf-8"))["response"]
        if response["status"] != 200:
            continue
        events = [
            {event["headers"][":event-type"]: event["payload"]} for event in response["events"]
        ]
        texts = [
            event["payload"]["delta"]["text"]
            for event in response["events"]
            if "text" in event["payload"].get("delta", {})
        ]
        *pieces, end = read_events(Stream(events), None)
        assert "".join(piece.text for piece in pieces if isinstance(piece, Piece)) == "".join(texts)
        assert isinstance(end, StreamEnd)
        assert end.output_tokens > 0
        read += 1
    assert read >= 30
