"""Reads the streamed answer of an OpenAI-compatible server: one chunk per server-sent event.

Source: OpenAI's API reference, object `chat.completion.chunk`.
Of server-sent events it reads what these servers use: one `data:` line per event.
"""

from collections.abc import AsyncIterable, AsyncIterator

from pydantic import BaseModel, ValidationError

#: Bedrock's stop reason for a finish_reason; for any other it is end_turn.
_STOP_REASONS = {"length": "max_tokens", "content_filter": "content_filtered"}


class BrokenChatError(Exception):
    """The stream is not a complete chat; the message is the rest of "The server ..."."""


class Counts(BaseModel):
    """The tokens that the server counted."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Delta(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    delta: _Delta | None = None
    finish_reason: str | None = None


class _Failure(BaseModel):
    message: str = "no reason given"


class _Chunk(BaseModel):
    choices: list[_Choice] | None = None
    usage: Counts | None = None
    error: _Failure | str | None = None


class Chat:
    """One answer: its text so far, and at its end the stop reason and the usage."""

    def __init__(self) -> None:
        self.text = ""
        self.counts: Counts | None = None
        self._finish_reason: str | None = None

    async def deltas(self, content: AsyncIterable[bytes]) -> AsyncIterator[str]:
        """Yield the text in a response's bytes. Raises BrokenChatError if it is not complete."""
        async for data in _events(content):
            if delta := self._read(data):
                self.text += delta
                yield delta
        if self._finish_reason is None:
            raise BrokenChatError("ended its answer without a finish_reason")

    @property
    def stop_reason(self) -> str:
        """Bedrock's stop reason."""
        return _STOP_REASONS.get(self._finish_reason or "", "end_turn")

    def _read(self, data: str) -> str:
        try:
            chunk = _Chunk.model_validate_json(data)
        except ValidationError as wrong:
            raise BrokenChatError(
                f"sent something other than a chat completion chunk: {data[:80]}"
            ) from wrong
        if chunk.error:
            reason = chunk.error if isinstance(chunk.error, str) else chunk.error.message
            raise BrokenChatError(f"reported an error: {reason}")
        self.counts = chunk.usage or self.counts
        if not chunk.choices:
            return ""
        first = chunk.choices[0]
        self._finish_reason = first.finish_reason or self._finish_reason
        return (first.delta and first.delta.content) or ""


async def _events(content: AsyncIterable[bytes]) -> AsyncIterator[str]:
    """Yield the data of each event up to `[DONE]`."""
    async for line in _lines(content):
        if not line.startswith("data:"):
            continue  # a comment that keeps the connection open, or another field
        data = line.removeprefix("data:").strip()
        if data == "[DONE]":
            return
        yield data


async def _lines(content: AsyncIterable[bytes]) -> AsyncIterator[str]:
    # httpx's aiter_lines also splits at U+2028 and U+0085, which JSON may contain.
    pending = b""
    async for part in content:
        *whole, pending = (pending + part).split(b"\n")
        for line in whole:
            yield line.decode(errors="replace").rstrip("\r")
    yield pending.decode(errors="replace")
