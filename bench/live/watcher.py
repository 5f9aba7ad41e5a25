"""Clients of the WebSocket that note when each token reaches them."""

import json
import time
from asyncio import Event, TaskGroup, timeout
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from bench.live.stamping_model import stamps

#: Seconds of silence after which an answer is given up.
_PATIENCE = 60
_TRIES = 3
_FINAL = ("job.completed", "job.failed", "job.cancelled")


class AnswerMissing(Exception):
    """A job of the benchmark did not get its answer; the message says what came instead."""


@dataclass
class Seen:
    """One answer as one client saw it. Times are monotonic nanoseconds."""

    asked: int
    #: When each delta came, and its text.
    deltas: list[tuple[int, str]] = field(default_factory=list)
    ended: int = 0
    #: Of the worker; more than one if it was ended in the middle.
    attempts: int = 1
    #: Set once anything has come: the client is one of the job's watchers.
    joined: Event = field(default_factory=Event)

    @property
    def first(self) -> int:
        """When the first text came."""
        return self.deltas[0][0]

    def first_token_ms(self) -> float:
        """From the question to the first text."""
        return (self.first - self.asked) / 1e6

    def token_ms(self, since: int = 0) -> list[float]:
        """Each token's way from the model to here, of those that left it after `since`."""
        return [
            (at - stamp) / 1e6
            for at, text in self.deltas
            for stamp in stamps(text)
            if stamp >= since
        ]

    def end_ms(self) -> float:
        """From the last token's leaving the model to the end of the answer here."""
        last = max(stamps(self.deltas[-1][1]))
        return (self.ended - last) / 1e6


class Watcher:
    """One connection, used for many jobs, one after the other."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    @classmethod
    async def connect(cls, url: str) -> "Watcher":
        """Open a connection at `url`, which has its ticket; nothing is sent unasked."""
        socket = await connect(url, max_size=None, ping_interval=None, compression=None, proxy=None)
        return cls(socket)

    def close(self) -> None:
        """Drop the connection; one that nobody reads could not be closed in order."""
        self._socket.transport.abort()

    async def ask(self, question: str) -> tuple[str, Seen]:
        """Submit a question; its job's id, and what will be seen of it."""
        seen = Seen(time.monotonic_ns())
        await self._say(action="ask", question=question)
        _, event = await self._hear()
        if event["type"] != "job.queued":
            raise AnswerMissing(f"The question was not taken: {event}")
        return str(event["job_id"]), seen

    async def subscribe(self, job_id: str) -> None:
        """Watch a job, without waiting for the reply."""
        await self._say(action="subscribe", job_ids=[job_id])

    async def read(self, seen: Seen) -> Seen:
        """Note what comes until the answer is whole. Raises AnswerMissing."""
        while True:
            at, event = await self._hear()
            seen.joined.set()
            if event["type"] == "job.delta":
                seen.deltas.append((at, event["text"]))
            elif event["type"] in _FINAL:
                break
        seen.ended, seen.attempts = at, event["job"]["attempts"]
        if event["type"] != "job.completed" or not seen.deltas:
            raise AnswerMissing(f"{event['type']} after {len(seen.deltas)} deltas: {event}")
        return seen

    async def _say(self, **message: Any) -> None:
        await self._socket.send(json.dumps(message))

    async def _hear(self) -> tuple[int, dict[str, Any]]:
        try:
            async with timeout(_PATIENCE):
                message = await self._socket.recv()
        except TimeoutError:
            raise AnswerMissing(f"Nothing came for {_PATIENCE} seconds.") from None
        at = time.monotonic_ns()
        event: dict[str, Any] = json.loads(message)
        return at, event


async def watch(
    question: str,
    watchers: Sequence[Watcher],
    meanwhile: Callable[[str], Awaitable[None]] | None = None,
) -> list[Seen]:
    """Have the first ask and all of them watch; what each saw. `meanwhile` is told the job's id.

    An answer that was begun twice says nothing about the path, so it is asked for again.
    """
    for _ in range(_TRIES):
        seen = await _watch(question, watchers, meanwhile)
        if all(each.attempts == 1 for each in seen):
            return seen
    raise AnswerMissing(f"Workers ended in the middle of {_TRIES} answers in a row.")


async def _watch(
    question: str,
    watchers: Sequence[Watcher],
    meanwhile: Callable[[str], Awaitable[None]] | None,
) -> list[Seen]:
    job_id, seen = await watchers[0].ask(question)
    async with TaskGroup() as reading:
        tasks = [reading.create_task(watchers[0].read(seen))]
        for watcher in watchers[1:]:
            await watcher.subscribe(job_id)
            tasks.append(reading.create_task(watcher.read(watching := Seen(seen.asked))))
            # One by one: a crowd at the door would have the local AWS start more functions.
            await watching.joined.wait()
        if meanwhile:
            await meanwhile(job_id)
    return [task.result() for task in tasks]
