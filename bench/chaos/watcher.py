"""A WebSocket client that watches jobs, asks questions, and reconnects when it is cut off."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from bench.chaos.api_client import ServiceUnavailable
from bench.chaos.observations import FINAL, Observations

#: Seconds between looks at the messages to send, and before another attempt to connect.
_LOOK_EVERY, _PAUSE = 0.1, 1.0
#: Seconds after which a question counts as not answered.
_UNANSWERED = 60.0


class Watcher:
    """One connection, with a thread of its own once it is started."""

    def __init__(
        self, url: Callable[[], str], observations: Observations, ended: threading.Event
    ) -> None:
        """`url` returns a URL with a new ticket; `ended` is set to stop the thread."""
        self._url = url
        self._observations = observations
        self._to_send: SimpleQueue[dict[str, Any]] = SimpleQueue()
        self._ended = ended
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._guard = threading.Condition()
        #: Ids of jobs by the request_id of their question.
        self._asked: dict[str, str | None] = {}
        #: Watched jobs whose end has not arrived yet.
        self._awaited: set[str] = set()
        #: Ends that arrived, and refusals by type.
        self.told = 0
        self.refusals: Counter[str] = Counter()
        self.connections = 0

    def start(self) -> None:
        """Connect, in a thread."""
        self._thread.start()

    def join(self) -> None:
        """Wait for the thread, which ends soon after `ended` is set."""
        self._thread.join()

    @property
    def awaited(self) -> set[str]:
        """Watched jobs whose end has not arrived yet."""
        with self._guard:
            return set(self._awaited)

    def watch(self, job_id: str) -> None:
        """Watch a job until its end."""
        with self._guard:
            self._awaited.add(job_id)
        self._to_send.put({"action": "subscribe", "job_ids": [job_id]})

    def ask(self, name: str, question: dict[str, Any]) -> str | None:
        """Ask a question; returns the job's id, or None if it was refused or not answered."""
        self._to_send.put({"action": "ask", "request_id": name, **question})
        end = time.monotonic() + _UNANSWERED
        with self._guard:
            while name not in self._asked and time.monotonic() < end and not self._ended.is_set():
                self._guard.wait(_PAUSE)
            return self._asked.get(name)

    def _run(self) -> None:
        while not self._ended.is_set():
            with (
                suppress(OSError, ServiceUnavailable, WebSocketException),
                connect(self._url(), max_size=None) as socket,
            ):
                self.connections += 1
                self._converse(socket)
            self._ended.wait(_PAUSE)

    def _converse(self, socket: ClientConnection) -> None:
        for job_id in self.awaited:
            socket.send(json.dumps({"action": "subscribe", "job_ids": [job_id]}))
        while not self._ended.is_set():
            with suppress(Empty):
                while True:
                    socket.send(json.dumps(self._to_send.get_nowait()))
            with suppress(TimeoutError):
                self._receive(json.loads(socket.recv(timeout=_LOOK_EVERY)))

    def _receive(self, message: dict[str, Any]) -> None:
        job = message.get("job")
        with self._guard:
            if message["type"] == "error":
                self.refusals[message["problem"]["type"]] += 1
            if name := message.get("request_id"):
                self._asked[name] = job["id"] if job else None
                self._awaited |= {job["id"]} if job else set()
                self._guard.notify_all()
            if job and job["status"] in FINAL:
                self._awaited.discard(job["id"])
                self.told += 1
                self._observations.heard(job)
