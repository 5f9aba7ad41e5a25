"""Subscription: follow jobs over the WebSocket, through every interruption, to their end.

One connection carries all jobs, and a MessageReader turns its messages into events. A connection
that breaks, falls silent or reaches its maximum age is replaced. When none can be opened, the jobs
are polled instead, and the socket is tried again from time to time.
"""

import json
from collections.abc import Iterable
from itertools import islice
from typing import Any

from sluice_client.api import fields
from sluice_client.api.errors import Refused, ServiceFailed, Unreachable, WaitTimeout
from sluice_client.api.job import Job
from sluice_client.api.problem import Problem
from sluice_client.live.polling import Polling, read_job
from sluice_client.live.reader import MessageReader
from sluice_client.live.reconnection import Reconnection
from sluice_client.live.transcript import Fetch, Output, Subscribe
from sluice_client.transport.clock import Deadline, TimeSource
from sluice_client.transport.http import HttpApi
from sluice_client.transport.operations import (
    CloseSocket,
    Emit,
    Procedure,
    ReceiveFrame,
    SendFrame,
    Sleep,
    SocketLost,
)

#: Job ids in one subscribe message.
_SUBSCRIBE_AT_ONCE = 100

#: Seconds a question waits for the socket on which its answer will arrive.
_EARLY = 3.0

#: Seconds between two pings: shorter than a gateway's idle timeout, and short enough to notice
#: a network that disappeared silently.
_PING = 30.0

#: Seconds after a ping in which some message must arrive.
_PONG = 10.0

#: Seconds of polling before the socket is tried again.
_POLLING = 60.0

_NOT_A_MESSAGE = "the service sent something that is not a message"


class Subscription:
    """The jobs being followed. `websocket_url`: None to poll only. `timeout`: in seconds."""

    def __init__(
        self,
        api: HttpApi,
        clock: TimeSource,
        websocket_url: str | None,
        timeout: float | None,
    ) -> None:
        self._api = api
        self._clock = clock
        self._socket = Reconnection(api, clock, websocket_url)
        self._reader = MessageReader()
        self._timeout = timeout
        self._deadline = Deadline(clock, timeout)

    def connect_early(self) -> Procedure[None]:
        """Try to connect before the job exists, so that no event of it comes too early."""
        deadline = Deadline(self._clock, min(_EARLY, self._deadline.remaining()))
        if self._socket.exists:
            try:
                yield from self._socket.connect(deadline)
            except SocketLost:
                yield CloseSocket()

    def follow(self, job_id: str, seen: Job | None = None) -> Procedure[None]:
        """Add a job, and emit the events of what is known about it."""
        self._reader.follow(job_id)
        if seen:
            self._socket.responded()
            yield from self._take(self._reader.snapshot(seen))

    def events(self) -> Procedure[None]:
        """Emit the events of the jobs until the last has ended.

        Raises WaitTimeout, Refused when a job is not the caller's, and what a call raises.
        """
        while self._reader.unfinished:
            self._check_timeout()
            try:
                if self._socket.is_open:
                    yield from self._subscribe()
                    yield from self._receive()
                elif self._socket.is_worth_trying:
                    yield from self._socket.connect(self._deadline)
                else:
                    yield from self._poll(_POLLING if self._socket.exists else float("inf"))
                    self._socket.allow_one_more_try()
            except SocketLost as error:
                yield from self._socket.lost(str(error), self._deadline)
            except (ServiceFailed, Unreachable) as error:
                if self._socket.is_final(error):
                    raise
                yield from self._socket.lost(str(error), self._deadline)
        yield CloseSocket()

    def _take(self, outputs: Iterable[Output]) -> Procedure[None]:
        """Emit the events, and send the requests that the reader asks for."""
        for output in outputs:
            if isinstance(output, Subscribe):
                yield _frame("subscribe", job_ids=[output.job_id])
            elif isinstance(output, Fetch):
                reply = yield from self._api.call(
                    "GET", f"/jobs/{output.job_id}", deadline=self._deadline
                )
                job = read_job(self._api, reply.body)
                yield from self._take(self._reader.snapshot(job))
            else:
                if self._socket.is_open:
                    self._socket.made_progress()
                yield Emit(output)

    def _subscribe(self) -> Procedure[None]:
        self._reader.reconnected()
        ids = iter(self._reader.unfinished)
        while some := list(islice(ids, _SUBSCRIBE_AT_ONCE)):
            yield _frame("subscribe", job_ids=some)

    def _receive(self) -> Procedure[None]:
        ping = self._clock.monotonic() + _PING
        silence = ping + _PONG
        while self._reader.unfinished:
            self._check_timeout()
            now = self._clock.monotonic()
            if now >= silence:
                raise SocketLost("the connection has gone silent")
            if now >= ping:
                yield _frame("ping")
                ping = now + _PING
            until = min(ping, silence) - now
            frame = yield ReceiveFrame(min(until, self._deadline.remaining()))
            if frame is not None:
                silence = self._clock.monotonic() + _PING + _PONG
                yield from self._handle(frame)

    def _handle(self, frame: str | bytes) -> Procedure[None]:
        message = _decode(frame)
        kind = fields.string(message, "type")
        if kind == "error":
            raise self._error_of(message)
        if kind is None:  # from API Gateway, when it could not reach the service
            raise SocketLost(
                fields.string(message, "message")
                or "the service sent something that is not a message"
            )
        yield from self._socket.arrived(polling=False)
        if kind == "pong":
            self._socket.made_progress()
        yield from self._take(self._reader.message(message))

    def _error_of(self, message: dict[str, Any]) -> Refused | SocketLost:
        """Return the error for an error event: Refused when it is about a job that is followed."""
        problem = Problem.from_json(fields.json_object(message, "problem") or {})
        if self._reader.follows(fields.string(message, "job_id")):
            return Refused(problem, status=problem.status or 404)
        return SocketLost(str(problem) or "the service reported an error")

    def _poll(self, seconds: float) -> Procedure[None]:
        polling = Polling(self._api, self._clock, self._reader.unfinished)
        until = Deadline(self._clock, seconds)
        while self._reader.unfinished and until.remaining():
            for job_id in self._reader.unfinished:
                job = yield from polling.poll(job_id, self._deadline)
                yield from self._socket.arrived(polling=True)
                if job:
                    yield from self._take(self._reader.snapshot(job))
            if self._reader.unfinished:
                self._check_timeout()
                yield Sleep(min(polling.pause(self._reader.unfinished), self._deadline.remaining()))

    def _check_timeout(self) -> None:
        if self._timeout is not None and not self._deadline.remaining():
            late = self._reader.unfinished[0]
            raise WaitTimeout(late, timeout=self._timeout, job=self._reader.job(late))


def _frame(action: str, **details: object) -> SendFrame:
    return SendFrame(json.dumps({"action": action, **details}))


def _decode(frame: str | bytes) -> dict[str, Any]:
    try:
        message = json.loads(frame)
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, dict):
        raise SocketLost(_NOT_A_MESSAGE)
    return message
