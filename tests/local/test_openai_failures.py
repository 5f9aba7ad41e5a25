import json
import socket
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError, EventStreamError
from starlette.applications import Starlette
from starlette.responses import JSONResponse

from local.bedrock.app import bedrock_app
from local.bedrock.openai import OpenAIModel
from tests.local.model_server import ASK, CHAT, DONE, ModelServer, chunk, forwarding, streamed
from tests.local.serving import bedrock_client, serving

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient


def error_of(client: "BedrockRuntimeClient") -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        streamed(client)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.mark.parametrize("models", [{"data": []}, {"object": "list"}, "none"])
def test_a_server_without_models_is_unavailable(models: object) -> None:
    with forwarding(ModelServer(CHAT, models=models)) as client:
        code, message = error_of(client)
    assert code == "ServiceUnavailableException"
    assert "lists no model" in message


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (429, "ThrottlingException"),
        (400, "ValidationException"),
        (401, "ValidationException"),
        (404, "ValidationException"),
        (301, "ServiceUnavailableException"),
        (500, "ServiceUnavailableException"),
        (503, "ServiceUnavailableException"),
    ],
)
def test_a_servers_error_becomes_bedrocks(status: int, code: str) -> None:
    said = JSONResponse({"error": {"message": "no such model"}}, status_code=status)
    with forwarding(ModelServer(error=said)) as client:
        got, message = error_of(client)
    assert got == code
    assert "/v1 answered" in message
    assert str(status) in message
    assert "no such model" in message


def test_an_unreachable_server_is_unavailable_and_named() -> None:
    with serving(Starlette()) as gone:
        pass
    with serving(bedrock_app(OpenAIModel(f"{gone}/v1"))) as url, bedrock_client(url) as client:
        code, message = error_of(client)
    assert code == "ServiceUnavailableException"
    assert f"The model server at {gone}/v1 does not answer" in message


@pytest.mark.parametrize(
    "rest",
    [
        b"",
        b"data: {broken\n\n",
        b'data: {"choices": "none"}\n\n',
        b'data: {"error": {"message": "out of memory"}}\n\n',
        b'data: {"error": "out of memory"}\n\n',
        DONE,
    ],
)
def test_a_stream_that_breaks_is_an_exception_in_the_stream(rest: bytes) -> None:
    with (
        forwarding(ModelServer([chunk("Twenty "), rest])) as client,
        closing(client.converse_stream(**ASK)["stream"]) as events,
    ):
        stream = iter(events)
        assert "messageStart" in next(stream)
        assert next(stream)["contentBlockDelta"]["delta"] == {"text": "Twenty "}
        with pytest.raises(EventStreamError, match="The model server at ") as failed:
            next(stream)
    assert failed.value.response["Error"]["Code"] == "modelStreamErrorException"


def test_a_stream_that_breaks_before_any_text_is_unavailable() -> None:
    with forwarding(ModelServer([b'data: {"error": {"message": "out of memory"}}\n\n'])) as client:
        code, message = error_of(client)
    assert code == "ServiceUnavailableException"
    assert "out of memory" in message


@pytest.mark.parametrize("begun", [[], [chunk("Twenty ")]])
def test_a_client_that_disconnects_ends_the_call_to_the_server(begun: list[bytes]) -> None:
    server = ModelServer(begun, hang=True)
    with serving(server.app) as origin:
        app = bedrock_app(OpenAIModel(f"{origin}/v1"))
        with serving(app) as url, bedrock_client(url) as client:
            if begun:
                with closing(client.converse_stream(**ASK)["stream"]) as events:
                    next(iter(events))
            else:
                leave_before_the_first_token(url, server)
            assert server.left.wait(timeout=30)
    assert app.state.stats.cancelled_streams == 1


def leave_before_the_first_token(url: str, server: ModelServer) -> None:
    host, port = url.removeprefix("http://").split(":")
    body = json.dumps({"messages": ASK["messages"]}).encode()
    head = (
        f"POST /model/m/converse-stream HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(head.encode() + body)
        assert server.asked.wait(timeout=30)


@pytest.mark.parametrize(
    "url", ["", "localhost:11434/v1", "ftp://localhost/v1", "http://", "http://host:port/v1"]
)
def test_an_invalid_url_is_rejected_when_the_model_is_created(url: str) -> None:
    with pytest.raises(ValueError, match="is not the URL of a model server"):
        OpenAIModel(url)
