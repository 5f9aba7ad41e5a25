"""The HTTP responses of the Bedrock stand-in: an event stream, one JSON document, or an error.

The order of events, the padding `p` and the header that names an error are those of recorded
Converse and ConverseStream responses. The padding hides the length of what was written.
"""

import secrets
import string
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass
from uuid import uuid4

from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from local.bedrock import eventstream
from local.bedrock.errors import ServiceError, StreamCut
from local.bedrock.model import Delta, End, Piece
from local.bedrock.stats import BedrockStats
from local.bedrock.tokens import Usage, estimate
from local.disconnect import run_until_disconnect

#: An event of a stream: its name and its payload.
Event = tuple[str, dict[str, object]]

_NAMESPACE = "http://internal.amazon.com/coral/com.amazon.bedrock/"
_PADDING = string.ascii_letters + string.digits


@dataclass(frozen=True)
class Call:
    """An admitted call: its answer's pieces, its counters, and its start in monotonic seconds."""

    pieces: AsyncGenerator[Piece, None]
    stats: BedrockStats
    started: float

    def metrics(self) -> dict[str, int]:
        """Return the milliseconds since the call started, as Bedrock reports them."""
        return {"latencyMs": round(1000 * (time.monotonic() - self.started))}


class ConverseStreamResponse:
    """The response to ConverseStream."""

    def __init__(self, call: Call) -> None:
        self._call = call

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as an ASGI application."""
        # The server closes the connection of a response that was not completed.
        with suppress(StreamCut):
            if not await run_until_disconnect(receive, self._answer(scope, receive, send)):
                self._call.stats.cancelled_streams += 1

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._call.pieces) as pieces:
            try:
                # Before the first piece, an error is an HTTP status.
                first = await anext(pieces)
            except ServiceError as error:
                await error_response(error, self._call.stats)(scope, receive, send)
                return
            async with aclosing(self._events(first, pieces)) as events:
                await self._send(events, send)

    async def _events(
        self, first: Piece, pieces: AsyncIterator[Piece]
    ) -> AsyncGenerator[Event, None]:
        yield "messageStart", {"role": "assistant"}
        sent, piece = "", first
        try:
            while isinstance(piece, Delta):
                sent += piece.text
                yield "contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": piece.text}}
                piece = await anext(pieces)
        finally:  # a stream that is cut has been generated, too
            tokens = piece.usage.output_tokens if isinstance(piece, End) else estimate(sent)
            self._call.stats.output_tokens += tokens
        yield "contentBlockStop", {"contentBlockIndex": 0}
        yield "messageStop", {"stopReason": piece.stop_reason}
        yield "metadata", {"metrics": self._call.metrics(), "usage": _usage(piece.usage)}

    async def _send(self, events: AsyncIterator[Event], send: Send) -> None:
        """Send the events of a stream, and an error as its last event."""
        headers = _identified({"content-type": eventstream.CONTENT_TYPE})
        start = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": 200, "headers": start})
        try:
            async for kind, payload in events:
                body = eventstream.event(kind, {**payload, "p": _padding()})
                await send({"type": "http.response.body", "body": body, "more_body": True})
        except ServiceError as error:
            self._call.stats.errors[error.kind] += 1
            body = eventstream.exception(error.event, error.message)
            await send({"type": "http.response.body", "body": body, "more_body": True})
        await send({"type": "http.response.body"})


class ConverseResponse:
    """The response to Converse."""

    def __init__(self, call: Call) -> None:
        self._call = call

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as an ASGI application."""
        await run_until_disconnect(receive, self._answer(scope, receive, send))

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._call.pieces) as pieces:
            try:
                response = await self._whole(pieces)
            except ServiceError as error:
                # Converse has no stream: there Bedrock reports that the model failed.
                broken = error.kind == "ModelStreamErrorException"
                kind = "ModelErrorException" if broken else error.kind
                response = error_response(ServiceError(kind, error.message), self._call.stats)
        await response(scope, receive, send)

    async def _whole(self, pieces: AsyncIterator[Piece]) -> Response:
        text = ""
        piece = await anext(pieces)
        while isinstance(piece, Delta):
            text += piece.text
            piece = await anext(pieces)
        self._call.stats.output_tokens += piece.usage.output_tokens
        return JSONResponse(
            {
                "metrics": self._call.metrics(),
                "output": {
                    "message": {"content": [{"text": text}] if text else [], "role": "assistant"}
                },
                "stopReason": piece.stop_reason,
                "usage": _usage(piece.usage),
            },
            headers=_identified({}),
        )


def error_response(error: ServiceError, stats: BedrockStats) -> Response:
    """Count an error and return its HTTP response."""
    stats.errors[error.kind] += 1
    return JSONResponse(
        {"message": error.message},
        status_code=error.status,
        headers=_identified({"x-amzn-ErrorType": f"{error.kind}:{_NAMESPACE}"}),
    )


def _identified(headers: Mapping[str, str]) -> dict[str, str]:
    return {**headers, "x-amzn-requestid": str(uuid4())}


def _usage(usage: Usage) -> dict[str, int]:
    return {
        "inputTokens": usage.input_tokens,
        "outputTokens": usage.output_tokens,
        "totalTokens": usage.input_tokens + usage.output_tokens,
    }


def _padding() -> str:
    return _PADDING[: 1 + secrets.randbelow(len(_PADDING))]
