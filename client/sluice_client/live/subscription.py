"""Subscription: follow jobs over the WebSocket, through every interruption, to their end.

The jobs are subscribed to on one connection, and a Reader makes events of what comes. A
connection that breaks, falls silent or reaches its age is replaced. When there is none to be had,
the jobs are polled for instead, and now and then the socket is tried again.
"""

import json
from collections.abc import Iterable
from itertools import islice
from typing import Any

from sluice_client.api import fields
from sluice_client.api.errors import Refused, ServiceFailed, Unreachable, WaitTimeout
from sluice_client.api.job import Job
from sluice_client.api.problem import Problem
from sluice_client.live.polling import Polling
from sluice_client.live.reader import Reader
from sluice_client.live.reconnection import Reconnection
from sluice_client.live.transcript import Fetch, Output, Subscribe
from sluice_client.live.watch import read_job
from sluice_client.transport.clock import Deadline, Timepiece
from sluice_client.transport.http import Connection
from sluice_client.transport.operations import HangUp, Listen, Lost, Pause, Say, Steps, Tell

#: Job ids in one subscribe message.
_SUBSCRIBE_AT_ONCE = 100

#: Seconds that a question waits for the socket on which its answer is to come.
_EARLY = 3.0

#: Seconds between two pings: sooner than a gateway takes a connection for idle, and often enough
#: to find out that the network has gone away without a word.
_PING = 30.0

#: Seconds after a ping in which something must be heard.
_PONG = 10.0

#: Seconds of polling before the socket is tried again.
_POLLING = 60.0


class Subscription:
    """Jobs under observation. `websocket_url`: None to poll only. `timeout`: in seconds."""

    def __init__(
        self,
        connection: Connection,
        clock: Timepiece,
        websocket_url: str | None,
        timeout: float | None,
    ) -> None:
        self._connection = connection
        self._clock = clock
        self._socket = Reconnection(connection, clock, websocket_url)
        self._reader = Reader()
        self._timeout = timeout
        self._deadline = Deadline(clock, timeout)

    def connect_early(self) -> Steps[None]:
        """Connect before there is a job, to be there when its answer begins; or else do not."""
        deadline = Deadline(self._clock, min(_EARLY, self._deadline.remaining()))
        if self._socket.exists:
            try:
                yield from self._socket.connect(deadline)
            except Lost:
                yield HangUp()

    def follow(self, job_id: str, seen: Job | None = None) -> Steps[None]:
        """Add a job, and tell what is known of it."""
        self._reader.follow(job_id)
        if seen:
            self._socket.answered()
            yield from self._take(self._reader.snapshot(seen))

    def events(self) -> Steps[None]:
        """Tell the events of the jobs until the last has ended.

        Raises WaitTimeout, Refused when a job may not be seen, and what a call raises.
        """
        while self._reader.unfinished:
            self._check_patience()
            try:
                if self._socket.is_open:
                    yield from self._subscribe()
                    yield from self._listen()
                elif self._socket.is_promising:
                    yield from self._socket.connect(self._deadline)
                else:
                    yield from self._poll(_POLLING if self._socket.exists else float("inf"))
                    self._socket.try_once_more()
            except Lost as lost:
                yield from self._socket.lost(str(lost), self._deadline)
            except (ServiceFailed, Unreachable) as error:
                if self._socket.has_ended(error):
                    raise
                yield from self._socket.lost(str(error), self._deadline)
        yield HangUp()

    def _take(self, outputs: Iterable[Output]) -> Steps[None]:
        """Tell the events, and do what the reader asks for."""
        for output in outputs:
            if isinstance(output, Subscribe):
                yield _say("subscribe", job_ids=[output.job_id])
            elif isinstance(output, Fetch):
                reply = yield from self._connection.call(
                    "GET", f"/jobs/{output.job_id}", deadline=self._deadline
                )
                job = read_job(self._connection, reply.body)
                yield from self._take(self._reader.snapshot(job))
            else:
                if self._socket.is_open:
                    self._socket.worked()
                yield Tell(output)

    def _subscribe(self) -> Steps[None]:
        self._reader.reconnected()
        ids = iter(self._reader.unfinished)
        while some := list(islice(ids, _SUBSCRIBE_AT_ONCE)):
            yield _say("subscribe", job_ids=some)

    def _listen(self) -> Steps[None]:
        ping = self._clock.monotonic() + _PING
        silence = ping + _PONG
        while self._reader.unfinished:
            self._check_patience()
            now = self._clock.monotonic()
            if now >= silence:
                raise Lost("it has gone silent")
            if now >= ping:
                yield _say("ping")
                ping = now + _PING
            until = min(ping, silence) - now
            frame = yield Listen(min(until, self._deadline.remaining()))
            if frame is not None:
                silence = self._clock.monotonic() + _PING + _PONG
                yield from self._hear(frame)

    def _hear(self, frame: str | bytes) -> Steps[None]:
        message = _decoded(frame)
        kind = fields.text(message, "type")
        if kind == "error":
            raise self._complaint(message)
        if kind is None:  # API Gateway's own words, when the service could not be asked
            raise Lost(fields.text(message, "message") or "it sent what is no message")
        yield from self._socket.reached(polling=False)
        if kind == "pong":
            self._socket.worked()
        yield from self._take(self._reader.message(message))

    def _complaint(self, message: dict[str, Any]) -> Refused | Lost:
        """Make the error for an error event: one that names a job of ours is about that job."""
        problem = Problem.from_json(fields.mapping(message, "problem") or {})
        if self._reader.follows(fields.text(message, "job_id")):
            return Refused(problem, status=problem.status or 404)
        return Lost(str(problem) or "the service could not go on")

    def _poll(self, seconds: float) -> Steps[None]:
        polling = Polling(self._connection, self._clock, self._reader)
        until = Deadline(self._clock, seconds)
        while self._reader.unfinished and until.remaining():
            for job_id in self._reader.unfinished:
                job = yield from polling.look(job_id, self._deadline)
                yield from self._socket.reached(polling=True)
                if job:
                    yield from self._take(self._reader.snapshot(job))
            if self._reader.unfinished:
                self._check_patience()
                yield Pause(min(polling.pause(), self._deadline.remaining()))

    def _check_patience(self) -> None:
        if self._timeout is not None and not self._deadline.remaining():
            late = self._reader.unfinished[0]
            raise WaitTimeout(late, timeout=self._timeout, job=self._reader.job(late))


def _say(action: str, **details: object) -> Say:
    return Say(json.dumps({"action": action, **details}))


def _decoded(frame: str | bytes) -> dict[str, Any]:
    try:
        message = json.loads(frame)
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, dict):
        raise Lost("it sent what is no message")
    return message
