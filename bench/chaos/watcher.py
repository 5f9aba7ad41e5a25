"""A connection that watches jobs, asks questions of its own, and comes back when it is cut."""

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

from bench.chaos.caller import ServiceAway
from bench.chaos.seen import FINAL, Seen

#: Seconds between looks at what there is to say, and before another try to connect.
_LOOK_EVERY, _PAUSE = 0.1, 1.0
#: Seconds until a question is taken for one that was not heard.
_UNHEARD = 60.0


class Watcher:
    """One watcher, with a thread of its own from `start` on."""

    def __init__(self, url: Callable[[], str], seen: Seen, ended: threading.Event) -> None:
        """`url` gives an address with a new ticket; `ended` is set when all is over."""
        self._url = url
        self._seen = seen
        self._to_say: SimpleQueue[dict[str, Any]] = SimpleQueue()
        self._ended = ended
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._guard = threading.Condition()
        #: Jobs by the request_id of their question.
        self._asked: dict[str, str | None] = {}
        #: Jobs that are watched and whose end was not told yet.
        self._awaited: set[str] = set()
        #: Ends that were told, and refusals by type.
        self.told = 0
        self.refusals: Counter[str] = Counter()
        self.connections = 0

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        """Wait for the end of the thread, which comes soon after `ended` is set."""
        self._thread.join()

    @property
    def awaited(self) -> set[str]:
        """Jobs whose end was not told yet."""
        with self._guard:
            return set(self._awaited)

    def watch(self, job_id: str) -> None:
        """Watch a job until its end."""
        with self._guard:
            self._awaited.add(job_id)
        self._to_say.put({"action": "subscribe", "job_ids": [job_id]})

    def ask(self, name: str, question: dict[str, Any]) -> str | None:
        """Ask, and return the job's id; None if it was refused, or nobody answered."""
        self._to_say.put({"action": "ask", "request_id": name, **question})
        end = time.monotonic() + _UNHEARD
        with self._guard:
            while name not in self._asked and time.monotonic() < end and not self._ended.is_set():
                self._guard.wait(_PAUSE)
            return self._asked.get(name)

    def _run(self) -> None:
        while not self._ended.is_set():
            with (
                suppress(OSError, ServiceAway, WebSocketException),
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
                    socket.send(json.dumps(self._to_say.get_nowait()))
            with suppress(TimeoutError):
                self._hear(json.loads(socket.recv(timeout=_LOOK_EVERY)))

    def _hear(self, message: dict[str, Any]) -> None:
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
                self._seen.heard(job)
