"""WebSocket clients that record when each token reaches them."""

import json
import time
from asyncio import Event, TaskGroup, timeout
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from bench.live.stamping_model import stamps

#: Seconds without a message after which an answer is given up.
_PATIENCE = 60
_TRIES = 3
_FINAL = ("job.completed", "job.failed", "job.cancelled")


class AnswerMissing(Exception):
    """A job did not get its answer; the message says what arrived instead."""


@dataclass
class AnswerTimes:
    """When the parts of one answer reached one client, in monotonic nanoseconds."""

    asked: int
    #: The time and the text of each delta.
    deltas: list[tuple[int, str]] = field(default_factory=list)
    ended: int = 0
    #: The job's attempts: more than one if a worker ended in the middle.
    attempts: int = 1
    #: Set once anything has arrived: the client is subscribed to the job.
    is_subscribed: Event = field(default_factory=Event)

    @property
    def first(self) -> int:
        """When the first text arrived."""
        return self.deltas[0][0]

    def first_token_ms(self) -> float:
        """Milliseconds from the question to the first text."""
        return (self.first - self.asked) / 1e6

    def token_ms(self, since: int = 0) -> list[float]:
        """Milliseconds from the model to the client, of each token that left after `since`."""
        return [
            (at - stamp) / 1e6
            for at, text in self.deltas
            for stamp in stamps(text)
            if stamp >= since
        ]

    def end_ms(self) -> float:
        """Milliseconds from the last token leaving the model to the end of the answer."""
        last = max(stamps(self.deltas[-1][1]))
        return (self.ended - last) / 1e6


class Watcher:
    """One connection, used for one job after another."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    @classmethod
    async def connect(cls, url: str) -> "Watcher":
        """Open a connection at `url`, which contains a ticket; without pings and compression."""
        socket = await connect(url, max_size=None, ping_interval=None, compression=None, proxy=None)
        return cls(socket)

    def close(self) -> None:
        """Drop the connection: a closing handshake would hang where nobody reads."""
        self._socket.transport.abort()

    async def ask(self, question: str) -> tuple[str, AnswerTimes]:
        """Submit a question; returns the job's id, and the times for `read` to complete."""
        times = AnswerTimes(time.monotonic_ns())
        await self._send(action="ask", question=question)
        _, event = await self._receive()
        if event["type"] != "job.queued":
            raise AnswerMissing(f"The question was not accepted: {event}")
        return str(event["job_id"]), times

    async def subscribe(self, job_id: str) -> None:
        """Watch a job, without waiting for the reply."""
        await self._send(action="subscribe", job_ids=[job_id])

    async def read(self, times: AnswerTimes) -> AnswerTimes:
        """Record what arrives until the answer is complete. Raises AnswerMissing."""
        while True:
            at, event = await self._receive()
            times.is_subscribed.set()
            if event["type"] == "job.delta":
                times.deltas.append((at, event["text"]))
            elif event["type"] in _FINAL:
                break
        times.ended, times.attempts = at, event["job"]["attempts"]
        if event["type"] != "job.completed" or not times.deltas:
            raise AnswerMissing(f"{event['type']} after {len(times.deltas)} deltas: {event}")
        return times

    async def _send(self, **message: Any) -> None:
        await self._socket.send(json.dumps(message))

    async def _receive(self) -> tuple[int, dict[str, Any]]:
        try:
            async with timeout(_PATIENCE):
                message = await self._socket.recv()
        except TimeoutError:
            raise AnswerMissing(f"Nothing arrived for {_PATIENCE} seconds.") from None
        at = time.monotonic_ns()
        event: dict[str, Any] = json.loads(message)
        return at, event


async def watch(
    question: str,
    watchers: Sequence[Watcher],
    meanwhile: Callable[[str], Awaitable[None]] | None = None,
) -> list[AnswerTimes]:
    """Let the first watcher ask and all of them watch; returns each one's times.

    `meanwhile` is called with the job's id once all are subscribed.
    An answer that took several attempts says nothing about the live path, so it is asked again.
    """
    for _ in range(_TRIES):
        answers = await _watch(question, watchers, meanwhile)
        if all(each.attempts == 1 for each in answers):
            return answers
    raise AnswerMissing(f"Workers ended in the middle of {_TRIES} answers in a row.")


async def _watch(
    question: str,
    watchers: Sequence[Watcher],
    meanwhile: Callable[[str], Awaitable[None]] | None,
) -> list[AnswerTimes]:
    job_id, times = await watchers[0].ask(question)
    async with TaskGroup() as reading:
        tasks = [reading.create_task(watchers[0].read(times))]
        for watcher in watchers[1:]:
            await watcher.subscribe(job_id)
            tasks.append(reading.create_task(watcher.read(other := AnswerTimes(times.asked))))
            # One by one: if all subscribed at once, the local AWS would start more functions.
            await other.is_subscribed.wait()
        if meanwhile:
            await meanwhile(job_id)
    return [task.result() for task in tasks]
