"""Generator: the same facts for scripts in memory and for ConverseStream's events."""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import boto3
import pytest
from botocore.exceptions import EventStreamError

from adapters.bedrock import BedrockGenerator
from adapters.memory.generator import ScriptedGenerator
from sluice.errors import Throttled
from sluice.ports import Generator, Piece, Prompt, StreamEnd

PROMPT = Prompt(system="Be brief.", user="How long?")
END = StreamEnd("end_turn", input_tokens=12, output_tokens=5, request_id="req-1")
Step = Piece | StreamEnd | Throttled


class Backend(Protocol):
    generator: Generator

    @property
    def closed(self) -> int:
        """Return how many calls have ended."""

    @property
    def asked(self) -> list[tuple[str, str, int]]:
        """Return system prompt, user message and max_tokens of each call."""


class InMemory:
    def __init__(self, steps: Sequence[Step]) -> None:
        self.generator = ScriptedGenerator(steps)

    @property
    def closed(self) -> int:
        return self.generator.closed

    @property
    def asked(self) -> list[tuple[str, str, int]]:
        generator = self.generator
        return [
            (prompt.system, prompt.user, most)
            for prompt, most in zip(generator.prompts, generator.max_tokens, strict=True)
        ]


class OnBedrock:
    def __init__(self, steps: Sequence[Step]) -> None:
        self.closed = 0
        self.asked: list[tuple[str, str, int]] = []
        self._steps = steps
        client: Any = boto3.client("bedrock-runtime")
        client.converse_stream = self._converse
        self.generator = BedrockGenerator(client, "a.model")

    def _converse(self, **request: Any) -> dict[str, Any]:
        (system,), (message,) = request["system"], request["messages"]
        most = request["inferenceConfig"]["maxTokens"]
        self.asked.append((system["text"], message["content"][0]["text"], most))
        return {"stream": _Stream(self), "ResponseMetadata": {"RequestId": "req-1"}}

    def events(self) -> Iterator[dict[str, Any]]:
        for step in self._steps:
            match step:
                case Piece():
                    yield {"contentBlockDelta": {"delta": {"text": step.text}}}
                case StreamEnd():
                    usage = {"inputTokens": step.input_tokens, "outputTokens": step.output_tokens}
                    yield {"messageStop": {"stopReason": step.reason}}
                    yield {"metadata": {"usage": usage}}
                case Throttled():
                    error: Any = {"Error": {"Code": "throttlingException", "Message": "slower"}}
                    raise EventStreamError(error, "ConverseStream")


class _Stream:
    """An event stream as boto3 returns it: an iterator that can be closed."""

    def __init__(self, bedrock: OnBedrock) -> None:
        self._bedrock = bedrock
        self._events = bedrock.events()

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return self._events

    def close(self) -> None:
        self._bedrock.closed += 1


@pytest.fixture(params=[InMemory, OnBedrock])
def kind(request: pytest.FixtureRequest) -> Any:
    return request.param


def test_pieces_come_in_order_and_then_the_end(kind: Any) -> None:
    backend: Backend = kind([Piece("Ninety "), Piece("days."), END])
    events = list(backend.generator.generate(PROMPT, max_tokens=100))
    assert events == [Piece("Ninety "), Piece("days."), END]


def test_the_prompt_and_max_tokens_are_sent(kind: Any) -> None:
    backend: Backend = kind([END])
    list(backend.generator.generate(PROMPT, max_tokens=100))
    assert backend.asked == [("Be brief.", "How long?", 100)]


def test_an_error_in_mid_stream_is_raised_after_the_pieces_before_it(kind: Any) -> None:
    backend: Backend = kind([Piece("Ninety "), Throttled("slower")])
    events = backend.generator.generate(PROMPT, max_tokens=100)
    assert next(events) == Piece("Ninety ")
    with pytest.raises(Throttled):
        next(events)
    assert backend.closed == 1


def test_closing_ends_the_call(kind: Any) -> None:
    backend: Backend = kind([Piece("Ninety "), Piece("days."), END])
    events = backend.generator.generate(PROMPT, max_tokens=100)
    next(events)
    assert backend.closed == 0
    events.close()
    assert backend.closed == 1


def test_a_stream_that_is_cut_has_no_end(kind: Any) -> None:
    backend: Backend = kind([Piece("Ninety ")])
    assert list(backend.generator.generate(PROMPT, max_tokens=100)) == [Piece("Ninety ")]


def test_the_generator_names_its_model(kind: Any) -> None:
    backend: Backend = kind([END])
    assert backend.generator.model
