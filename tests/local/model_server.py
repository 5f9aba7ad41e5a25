"""A small OpenAI-compatible server, and boto3's client for a stand-in that forwards to it."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from local.bedrock.app import bedrock_app
from local.bedrock.openai import OpenAIModel
from tests.local.serving import bedrock_client, serving

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient

ASK: Any = {
    "modelId": "us.anthropic.claude-sonnet-5",
    "messages": [
        {"role": "user", "content": [{"text": "What is due?"}]},
        {"role": "assistant", "content": [{"text": "The fee."}]},
        {"role": "user", "content": [{"text": "How much?"}]},
    ],
}


def chunk(text: str | None = None, finish: str | None = None, **more: Any) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    body = {"object": "chat.completion.chunk", "choices": [choice], **more}
    return b"data: " + json.dumps(body, ensure_ascii=False).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"
CHAT = [chunk("Twenty "), chunk("dollars."), chunk(finish="stop"), DONE]


class ModelServer:
    """A small OpenAI-compatible server: it sends a prepared stream and records the requests."""

    def __init__(
        self,
        stream: Sequence[bytes] = (),
        error: Response | None = None,
        models: object = None,
        hang: bool = False,
    ) -> None:
        self.stream = stream
        self.error = error
        self.models = {"data": [{"id": "small-1"}, {"id": "large-1"}]} if models is None else models
        self.hang = hang
        self.asked, self.left = threading.Event(), threading.Event()
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.app = Starlette(
            routes=[
                Route("/v1/chat/completions", self._chat, methods=["POST"]),
                Route("/v1/models", self._list),
            ]
        )

    async def _chat(self, request: Request) -> Response:
        self.bodies.append(await request.json())
        self.headers.append(dict(request.headers))
        return self.error or StreamingResponse(self._parts(), media_type="text/event-stream")

    async def _parts(self) -> AsyncIterator[bytes]:
        self.asked.set()
        try:
            for part in self.stream:
                yield part
            if self.hang:
                await asyncio.Event().wait()
        finally:
            self.left.set()

    async def _list(self, _: Request) -> Response:
        return JSONResponse(self.models)


@contextmanager
def forwarding(server: ModelServer, **model: Any) -> Iterator["BedrockRuntimeClient"]:
    with (
        serving(server.app) as origin,
        serving(bedrock_app(OpenAIModel(f"{origin}/v1/", **model))) as url,
        bedrock_client(url) as client,
    ):
        yield client


def streamed(client: "BedrockRuntimeClient", **request: Any) -> list[Any]:
    return list(client.converse_stream(**ASK, **request)["stream"])


def deltas(events: list[Any]) -> list[str]:
    return [
        event["contentBlockDelta"]["delta"]["text"]
        for event in events
        if "contentBlockDelta" in event
    ]
