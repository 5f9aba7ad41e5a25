"""Sending an answer: as an event stream, as one JSON document, or as an error.

Source: recorded Converse and ConverseStream responses, for the order of events, the padding `p`,
which hides the length of what was written, and the header that names an error.
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
from local.bedrock.hangup import until_hangup
from local.bedrock.model import Delta, End, Piece
from local.bedrock.refusal import Refusal, StreamCut
from local.bedrock.stats import BedrockStats
from local.bedrock.tokens import Usage, estimate

#: An event of a stream: its name and its payload.
Event = tuple[str, dict[str, object]]

_NAMESPACE = "http://internal.amazon.com/coral/com.amazon.bedrock/"
_PADDING = string.ascii_letters + string.digits


@dataclass(frozen=True)
class Call:
    """An admitted call: its answer in the making, where it is counted, when it came (monotonic)."""

    pieces: AsyncGenerator[Piece, None]
    stats: BedrockStats
    started: float

    def metrics(self) -> dict[str, int]:
        """Return how long the call has taken so far."""
        return {"latencyMs": round(1000 * (time.monotonic() - self.started))}


class StreamedAnswer:
    """The response to ConverseStream."""

    def __init__(self, call: Call) -> None:
        self._call = call

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as an ASGI application."""
        # A server closes the connection of an answer that is left without its end.
        with suppress(StreamCut):
            if not await until_hangup(receive, self._answer(scope, receive, send)):
                self._call.stats.cancelled_streams += 1

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._call.pieces) as pieces:
            try:
                # Until there is something to stream, an error is an HTTP status.
                first = await anext(pieces)
            except Refusal as refusal:
                await error(refusal, self._call.stats)(scope, receive, send)
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
        finally:  # a stream that is cut has been paid for as well
            tokens = piece.usage.output_tokens if isinstance(piece, End) else estimate(sent)
            self._call.stats.output_tokens += tokens
        yield "contentBlockStop", {"contentBlockIndex": 0}
        yield "messageStop", {"stopReason": piece.stop_reason}
        yield "metadata", {"metrics": self._call.metrics(), "usage": _usage(piece.usage)}

    async def _send(self, events: AsyncIterator[Event], send: Send) -> None:
        """Send the events of a stream; all that leaves one, errors too, leaves it here."""
        headers = _identified({"content-type": eventstream.CONTENT_TYPE})
        start = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": 200, "headers": start})
        try:
            async for kind, payload in events:
                body = eventstream.event(kind, {**payload, "p": _padding()})
                await send({"type": "http.response.body", "body": body, "more_body": True})
        except Refusal as refusal:
            self._call.stats.errors[refusal.kind] += 1
            body = eventstream.exception(refusal.event, refusal.message)
            await send({"type": "http.response.body", "body": body, "more_body": True})
        await send({"type": "http.response.body"})


class WholeAnswer:
    """The response to Converse."""

    def __init__(self, call: Call) -> None:
        self._call = call

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as an ASGI application."""
        await until_hangup(receive, self._answer(scope, receive, send))

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._call.pieces) as pieces:
            try:
                response = await self._whole(pieces)
            except Refusal as refusal:
                # Converse has no stream that could break: there the model failed.
                broken = refusal.kind == "ModelStreamErrorException"
                kind = "ModelErrorException" if broken else refusal.kind
                response = error(Refusal(kind, refusal.message), self._call.stats)
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


def error(refusal: Refusal, stats: BedrockStats) -> Response:
    """Count a refusal and make its response."""
    stats.errors[refusal.kind] += 1
    return JSONResponse(
        {"message": refusal.message},
        status_code=refusal.status,
        headers=_identified({"x-amzn-ErrorType": f"{refusal.kind}:{_NAMESPACE}"}),
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
