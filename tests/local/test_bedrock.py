import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from botocore.eventstream import EventStreamBuffer
from botocore.exceptions import ClientError

from local.bedrock import quoting
from local.bedrock.app import bedrock_app
from local.bedrock.converse import CONTEXT_WINDOW
from local.bedrock.quoting import QuotingModel
from local.bedrock.speed import OutputSpeed
from local.bedrock.tokens import estimate
from tests.local.serving import bedrock_client, serving

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient

MODEL = "anthropic.claude-sonnet-5"
AT_ONCE = OutputSpeed(first_token_seconds=0, tokens_per_second=0)
PROMPT = (
    '<passages><passage number="1" title="Plan">The deductible for out-of-network care is $1,500 '
    "a year. It is lower for in-network care.</passage></passages>"
    "<question>What is the deductible for out-of-network care?</question>"
)
ASK: Any = {"modelId": MODEL, "messages": [{"role": "user", "content": [{"text": PROMPT}]}]}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(bedrock_app(QuotingModel(), AT_ONCE)) as url:
        yield url


@pytest.fixture(scope="module")
def client(url: str) -> Iterator["BedrockRuntimeClient"]:
    with bedrock_client(url) as client:
        yield client


def streamed(client: "BedrockRuntimeClient", **request: Any) -> list[Any]:
    return list(client.converse_stream(**{**ASK, **request})["stream"])


def text_of(events: list[Any]) -> str:
    deltas = (
        event["contentBlockDelta"]["delta"] for event in events if "contentBlockDelta" in event
    )
    return "".join(delta["text"] for delta in deltas)


def post(url: str, content: bytes, path: str = f"/model/{MODEL}/converse-stream") -> httpx.Response:
    return httpx.post(url + path, content=content, trust_env=False)


def test_a_stream_has_bedrocks_events_in_bedrocks_order(client: "BedrockRuntimeClient") -> None:
    events = streamed(client)
    kinds = [next(iter(event)) for event in events]
    deltas = kinds.count("contentBlockDelta")
    assert deltas > 1
    assert kinds == [
        "messageStart",
        *["contentBlockDelta"] * deltas,
        "contentBlockStop",
        "messageStop",
        "metadata",
    ]
    assert events[0]["messageStart"] == {"role": "assistant"}
    assert events[-2]["messageStop"] == {"stopReason": "end_turn"}
    assert "The deductible for out-of-network care is $1,500 a year. [1]" in text_of(events)


def test_usage_counts_prompt_and_answer_with_the_same_estimate(
    client: "BedrockRuntimeClient",
) -> None:
    events = streamed(client, system=[{"text": "Be brief."}])
    asked, answered = estimate(PROMPT) + estimate("Be brief."), estimate(text_of(events))
    assert events[-1]["metadata"]["usage"] == {
        "inputTokens": asked,
        "outputTokens": answered,
        "totalTokens": asked + answered,
    }
    assert events[-1]["metadata"]["metrics"]["latencyMs"] >= 0


def test_converse_gives_the_text_that_converse_stream_streams(
    client: "BedrockRuntimeClient",
) -> None:
    whole, events = client.converse(**ASK), streamed(client)
    assert whole["output"]["message"] == {
        "role": "assistant",
        "content": [{"text": text_of(events)}],
    }
    assert whole["stopReason"] == "end_turn"
    assert whole["usage"] == events[-1]["metadata"]["usage"]


def test_each_event_carries_random_padding(url: str) -> None:
    buffer = EventStreamBuffer()
    buffer.add_data(post(url, json.dumps({"messages": ASK["messages"]}).encode()).content)
    paddings = [json.loads(message.payload)["p"] for message in buffer]
    assert all(paddings)
    assert len(set(paddings)) > 1


@pytest.mark.parametrize(
    "model_id",
    [
        "us.anthropic.claude-sonnet-5",
        "anthropic.claude-3-haiku-20240307-v1:0",
        "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-5",
        "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0",
    ],
)
def test_profiles_and_arns_are_models(client: "BedrockRuntimeClient", model_id: str) -> None:
    assert "[1]" in text_of(streamed(client, modelId=model_id))
    assert client.converse(**{**ASK, "modelId": model_id})["stopReason"] == "end_turn"


def test_max_tokens_cuts_in_mid_sentence(client: "BedrockRuntimeClient") -> None:
    events = streamed(client, inferenceConfig={"maxTokens": 5})
    assert text_of(events) == "The deductible for o"
    assert events[-2]["messageStop"]["stopReason"] == "max_tokens"
    assert events[-1]["metadata"]["usage"]["outputTokens"] == 5


def test_an_answer_of_exactly_max_tokens_ends_its_turn(client: "BedrockRuntimeClient") -> None:
    tokens = streamed(client)[-1]["metadata"]["usage"]["outputTokens"]
    events = streamed(client, inferenceConfig={"maxTokens": tokens})
    assert events[-2]["messageStop"]["stopReason"] == "end_turn"


def test_the_first_stop_sequence_ends_the_answer_before_it(client: "BedrockRuntimeClient") -> None:
    events = streamed(client, inferenceConfig={"stopSequences": [" year", " care is"]})
    assert text_of(events) == "The deductible for out-of-network"
    assert events[-2]["messageStop"]["stopReason"] == "stop_sequence"


def test_an_empty_answer_is_a_complete_stream(client: "BedrockRuntimeClient") -> None:
    stop: Any = {"inferenceConfig": {"stopSequences": ["The"]}}
    assert text_of(streamed(client, **stop)) == ""
    assert client.converse(**ASK, **stop)["output"]["message"]["content"] == []


def test_a_body_that_is_not_json_is_a_validation_exception(url: str) -> None:
    response = post(url, b"{")
    assert response.status_code == 400
    assert response.headers["x-amzn-errortype"].startswith("ValidationException:")
    assert response.json() == {"message": "The request body is not valid JSON."}


def test_null_is_absent_and_unknown_fields_and_blocks_pass(url: str) -> None:
    content = [*ASK["messages"][0]["content"], {"cachePoint": {"type": "default"}}]
    body = {
        "messages": [{"role": "user", "content": content}],
        "system": None,
        "inferenceConfig": {"maxTokens": None},
        "anythingNew": 1,
    }
    response = post(url, json.dumps(body).encode(), f"/model/{MODEL}/converse")
    assert response.status_code == 200
    assert "[1]" in response.json()["output"]["message"]["content"][0]["text"]


def test_guarded_text_is_read_as_text(client: "BedrockRuntimeClient") -> None:
    guarded: Any = [{"role": "user", "content": [{"guardContent": {"text": {"text": PROMPT}}}]}]
    assert "[1]" in text_of(streamed(client, messages=guarded))


def test_input_longer_than_the_context_window_is_rejected(client: "BedrockRuntimeClient") -> None:
    fits = [{"role": "user", "content": [{"text": "word " * (CONTEXT_WINDOW * 4 // 5)}]}]
    assert streamed(client, messages=fits)[-2]["messageStop"]["stopReason"] == "end_turn"
    with pytest.raises(ClientError, match="Input is too long for requested model") as refused:
        streamed(client, messages=fits, system=[{"text": "One more."}])
    assert refused.value.response["Error"]["Code"] == "ValidationException"


@pytest.mark.parametrize("model_id", ["unknown.model-v1", "not a model", "-", "x" * 2049])
def test_an_unknown_model_is_rejected(url: str, model_id: str) -> None:
    response = post(
        url, json.dumps({"messages": ASK["messages"]}).encode(), f"/model/{model_id}/converse"
    )
    assert response.status_code == 400
    assert response.json() == {"message": "The provided model identifier is invalid."}


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", f"/model/{MODEL}/converse"), ("POST", f"/model/{MODEL}/invoke"), ("POST", "/")],
)
def test_another_operation_is_unknown(url: str, method: str, path: str) -> None:
    response = httpx.request(method, url + path, trust_env=False)
    assert response.status_code == 404
    assert response.headers["x-amzn-errortype"].startswith("UnknownOperationException")
    assert response.headers["x-amzn-requestid"]


def test_every_response_has_a_request_id_of_its_own(client: "BedrockRuntimeClient") -> None:
    with pytest.raises(ClientError) as refused:
        client.converse(modelId="unknown.x", messages=ASK["messages"])
    answer = client.converse_stream(**ASK)
    answer["stream"].close()
    seen = {
        client.converse(**ASK)["ResponseMetadata"]["RequestId"],
        answer["ResponseMetadata"]["RequestId"],
        refused.value.response["ResponseMetadata"]["RequestId"],
    }
    assert len(seen) == 3
    assert all(seen)


def test_the_quoting_models_closing_line_ends_the_streamed_answer(
    client: "BedrockRuntimeClient",
) -> None:
    assert text_of(streamed(client)).endswith(quoting.CLOSING)
