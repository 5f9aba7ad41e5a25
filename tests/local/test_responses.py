import asyncio
import json
import threading
from collections.abc import AsyncGenerator
from contextlib import closing
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError, EventStreamError

from local.bedrock.app import bedrock_app
from local.bedrock.converse import ConverseRequest
from local.bedrock.errors import STATUSES, ServiceError
from local.bedrock.model import Delta, End, Piece
from local.bedrock.quoting import QuotingModel
from local.bedrock.tokens import Usage, estimate
from tests.local.serving import bedrock_client, serving

MODEL = "anthropic.claude-sonnet-5"
QUESTION = "What is the deductible for out-of-network care?"
ASK: Any = {"modelId": MODEL, "messages": [{"role": "user", "content": [{"text": QUESTION}]}]}


class Scripted:
    """A model that yields the steps of a script, or raises them if they are errors."""

    instant = False

    def __init__(self, *script: str | ServiceError | Piece) -> None:
        self.script = script

    async def answer(self, request: ConverseRequest) -> AsyncGenerator[Piece, None]:
        for step in self.script:
            if isinstance(step, ServiceError):
                raise step
            yield Delta(step) if isinstance(step, str) else step


class Endless:
    """A model that never ends; `stopped` is set when its generator is closed."""

    instant = False

    def __init__(self) -> None:
        self.stopped = threading.Event()

    async def answer(self, request: ConverseRequest) -> AsyncGenerator[Piece, None]:
        try:
            yield Delta("It begins")
            await asyncio.Event().wait()
        finally:
            self.stopped.set()


@pytest.mark.parametrize("kind", ["ThrottlingException", "ServiceUnavailableException"])
def test_an_error_before_the_first_piece_is_an_http_error(kind: str) -> None:
    app = bedrock_app(Scripted(ServiceError(kind, "Not now.")))
    with serving(app) as url, bedrock_client(url) as client:
        for call in (client.converse, client.converse_stream):
            with pytest.raises(ClientError, match=r"Not now\.") as refused:
                call(**ASK)
            assert refused.value.response["Error"]["Code"] == kind
            status = refused.value.response["ResponseMetadata"]["HTTPStatusCode"]
            assert status == STATUSES[kind]
    assert app.state.stats.errors == {kind: 2}


def test_an_error_after_the_first_piece_is_an_exception_in_the_stream() -> None:
    broken = ServiceError("ModelStreamErrorException", "It broke.")
    app = bedrock_app(Scripted("Half an ans", broken))
    with serving(app) as url, bedrock_client(url) as client:
        with closing(client.converse_stream(**ASK)["stream"]) as events:
            stream = iter(events)
            assert "messageStart" in next(stream)
            assert next(stream)["contentBlockDelta"]["delta"] == {"text": "Half an ans"}
            with pytest.raises(EventStreamError, match=r"It broke\.") as failed:
                next(stream)
        assert failed.value.response["Error"]["Code"] == "modelStreamErrorException"
        with pytest.raises(ClientError, match=r"It broke\.") as refused:
            client.converse(**ASK)
        assert refused.value.response["Error"]["Code"] == "ModelErrorException"


def test_a_bug_of_the_stand_in_is_an_internal_error() -> None:
    class Faulty(QuotingModel):
        def answer(self, request: ConverseRequest) -> AsyncGenerator[Piece, None]:
            raise RuntimeError("a bug")

    with serving(bedrock_app(Faulty())) as url, bedrock_client(url) as client:
        with pytest.raises(ClientError) as failed:
            client.converse(**ASK)
        assert failed.value.response["Error"]["Code"] == "InternalServerException"


def test_a_client_that_disconnects_stops_the_model() -> None:
    model = Endless()
    app = bedrock_app(model)
    with serving(app) as url:
        body = json.dumps({"messages": ASK["messages"]})
        path = f"{url}/model/{MODEL}/converse-stream"
        with (
            httpx.Client(trust_env=False) as client,
            client.stream("POST", path, content=body) as response,
        ):
            received = b""
            for part in response.iter_raw():
                received += part
                if b"It begins" in received:
                    break
        assert model.stopped.wait(timeout=30)
    stats = app.state.stats.as_dict()
    assert (stats["cancelled_streams"], stats["errors"]) == (1, 0)


def test_the_stats_count_calls_errors_and_tokens() -> None:
    app = bedrock_app(Scripted("Yes. ", "Certainly.", End("end_turn", Usage(7, 4))))
    with serving(app) as url, bedrock_client(url) as client:
        list(client.converse_stream(**ASK)["stream"])
        client.converse(**ASK)
        with pytest.raises(ClientError):
            client.converse(modelId="unknown.x", messages=ASK["messages"])
    stats = json.loads(json.dumps(app.state.stats.as_dict()))
    assert stats == {
        "calls": 3,
        "calls_by_operation": {"converse-stream": 1, "converse": 2},
        "errors": 1,
        "errors_by_type": {"ValidationException": 1},
        "input_tokens": 2 * estimate(QUESTION),
        "output_tokens": 2 * 4,
        "cancelled_streams": 0,
    }
