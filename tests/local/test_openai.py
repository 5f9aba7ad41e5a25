import json

import pytest

from local.bedrock.tokens import estimate
from tests.local.model_server import (
    ASK,
    CHAT,
    DONE,
    ModelServer,
    chunk,
    deltas,
    forwarding,
    streamed,
)


def test_deltas_are_passed_on_unchanged() -> None:
    with forwarding(ModelServer(CHAT)) as client:
        events = streamed(client)
        assert deltas(events) == ["Twenty ", "dollars."]
        assert events[-2]["messageStop"]["stopReason"] == "end_turn"
        whole = client.converse(**ASK)
        assert whole["output"]["message"]["content"] == [{"text": "Twenty dollars."}]


def test_the_request_is_translated() -> None:
    server = ModelServer(CHAT)
    with forwarding(server, name="qwen", api_key="secret") as client:
        streamed(
            client,
            system=[{"text": "Be brief."}, {"text": "Be kind."}],
            inferenceConfig={
                "maxTokens": 99,
                "temperature": 0.5,
                "topP": 0.75,
                "stopSequences": ["END"],
            },
        )
    assert server.bodies == [
        {
            "model": "qwen",
            "messages": [
                {"role": "system", "content": "Be brief.\n\nBe kind."},
                {"role": "user", "content": "What is due?"},
                {"role": "assistant", "content": "The fee."},
                {"role": "user", "content": "How much?"},
            ],
            "max_tokens": 99,
            "temperature": 0.5,
            "top_p": 0.75,
            "stop": ["END"],
            "stream": True,
            "stream_options": {"include_usage": True},
        }
    ]
    assert server.headers[0]["authorization"] == "Bearer secret"


def test_unset_parameters_are_not_sent() -> None:
    server = ModelServer(CHAT)
    with forwarding(server) as client:
        streamed(client)
    assert not {"temperature", "top_p", "stop"} & server.bodies[0].keys()
    assert server.bodies[0]["messages"][0]["role"] == "user"
    assert "authorization" not in server.headers[0]


def test_without_a_name_the_first_listed_model_is_asked() -> None:
    server = ModelServer(CHAT)
    with forwarding(server) as client:
        streamed(client)
    assert server.bodies[0]["model"] == "small-1"


def test_usage_is_the_servers_own() -> None:
    reported = {"prompt_tokens": 123, "completion_tokens": 45, "total_tokens": 168}
    usage = b"data: " + json.dumps({"choices": [], "usage": reported}).encode() + b"\n\n"
    with forwarding(ModelServer([*CHAT[:-1], usage, DONE])) as client:
        events = streamed(client)
    assert events[-1]["metadata"]["usage"] == {
        "inputTokens": 123,
        "outputTokens": 45,
        "totalTokens": 168,
    }


def test_usage_that_the_server_does_not_report_is_estimated() -> None:
    with forwarding(ModelServer(CHAT)) as client:
        usage = streamed(client)[-1]["metadata"]["usage"]
    assert usage["outputTokens"] == estimate("Twenty dollars.")
    assert usage["inputTokens"] == sum(map(estimate, ["What is due?", "The fee.", "How much?"]))


@pytest.mark.parametrize(
    ("finish", "stop_reason"),
    [("stop", "end_turn"), ("length", "max_tokens"), ("content_filter", "content_filtered")],
)
def test_the_finish_reason_becomes_bedrocks_stop_reason(finish: str, stop_reason: str) -> None:
    with forwarding(ModelServer([chunk("Twenty"), chunk(finish=finish), DONE])) as client:
        assert streamed(client)[-2]["messageStop"]["stopReason"] == stop_reason


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_comments_line_breaks_of_unicode_and_odd_chunking_are_read(size: int) -> None:
    stream = b": keep-alive\r\n\r\n" + chunk("a\u2028b\u0085é") + chunk(finish="stop") + DONE
    parts = [stream[at : at + size] for at in range(0, len(stream), size)]
    with forwarding(ModelServer(parts)) as client:
        assert deltas(streamed(client)) == ["a\u2028b\u0085é"]


def test_a_stream_may_end_without_done_after_its_finish_reason() -> None:
    with forwarding(ModelServer(CHAT[:-1])) as client:
        assert deltas(streamed(client)) == ["Twenty ", "dollars."]
