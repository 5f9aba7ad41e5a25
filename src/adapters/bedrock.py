"""The generator on Amazon Bedrock: ConverseStream, for any of its models."""

from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adapters.failures import upstream
from sluice.ports import Generation, Piece, Prompt, StreamEnd

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient

_NAME = "Amazon Bedrock"
#: A larger token count cannot be right.
_MOST_TOKENS = 1_000_000_000


@dataclass(frozen=True)
class BedrockGenerator:
    """One model. `model` is the id or ARN of a model or of an inference profile."""

    client: "BedrockRuntimeClient"
    model: str
    #: The (identifier, version) of a guardrail that checks questions and answers.
    guardrail: tuple[str, str] | None = None

    def generate(self, prompt: Prompt, *, max_tokens: int) -> Generation:
        request: dict[str, Any] = {
            "modelId": self.model,
            "system": [{"text": prompt.system}],
            "messages": [{"role": "user", "content": [{"text": prompt.user}]}],
            # Without maxTokens, Bedrock would reserve the maximum of the model against the quota.
            "inferenceConfig": {"maxTokens": max_tokens},
        }
        if self.guardrail:
            identifier, version = self.guardrail
            request["guardrailConfig"] = {
                "guardrailIdentifier": identifier,
                "guardrailVersion": version,
            }
        with upstream(_NAME):
            response = self.client.converse_stream(**request)
            request_id = response.get("ResponseMetadata", {}).get("RequestId")
            with closing(response["stream"]) as stream:
                yield from read_events(stream, request_id)


def read_events(events: Iterable[Mapping[str, Any]], request_id: str | None) -> Generation:
    """Yield the text in the events of a ConverseStream, then a StreamEnd.

    Events that are not text of the answer, such as reasoning or tool use, are ignored.
    If messageStop is missing, there is no StreamEnd, because the stream was cut.
    """
    reason: str | None = None
    usage: Mapping[str, Any] = {}
    for event in events:
        text = event.get("contentBlockDelta", {}).get("delta", {}).get("text")
        if text and isinstance(text, str):
            yield Piece(text)
        elif "messageStop" in event:
            reason = event["messageStop"].get("stopReason", "end_turn")
        elif "metadata" in event:
            usage = event["metadata"].get("usage", {})
    if reason is not None:
        yield StreamEnd(
            reason=reason,
            input_tokens=_count(usage.get("inputTokens")),
            output_tokens=_count(usage.get("outputTokens")),
            request_id=request_id,
        )


def _count(value: object) -> int:
    """A number of tokens. An implausible value becomes 0: quotas and costs are computed from it."""
    return value if isinstance(value, int) and 0 <= value < _MOST_TOKENS else 0
