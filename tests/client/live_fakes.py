"""A WebSocket that follows a script: without any I/O, or on a real port.

An object is an event of the service and must be one that docs/asyncapi.yaml allows. Text and bytes
are frames of any kind, such as a gateway's text or a newer version's events.
"""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

from sluice_client import TextDelta
from sluice_client.client.calls import Calls
from sluice_client.transport.operations import (
    CloseSocket,
    Emit,
    Execution,
    HttpRequest,
    OpenSocket,
    Operation,
    Procedure,
    ReceiveFrame,
    SendFrame,
    Sleep,
    SocketLost,
)
from tests import contract
from tests.client.fakes import JOB_ID, FakeClock, FakeService, job_json, noted_breaches, reply

Message = dict[str, Any]
Result = TypeVar("Result")


def checked(message: Message) -> Message:
    """The message, if docs/asyncapi.yaml allows the service to send it. Raises AssertionError."""
    with noted_breaches():
        contract.check_event(message)
    return message


def event(status: str, text: str | None = None, **changes: Any) -> Message:
    """The event of a job's status, with the job; `text`: of its answer so far."""
    if text is not None:
        changes["answer"] = {"text": text}
    return checked({"type": f"job.{status}", "job_id": JOB_ID, "job": job_json(status, **changes)})


def delta(offset: int, text: str, attempt: int = 1) -> Message:
    return checked(
        {
            "type": "job.delta",
            "job_id": JOB_ID,
            "attempt": attempt,
            "offset": offset,
            "text": text,
        }
    )


def ticket(name: str = "t") -> httpx.Response:
    return reply({"ticket": name, "expires_at": "2027-01-15T08:17:40Z"}, 201)


#: Nothing comes for as long as one listens.
SILENCE = None


@dataclass
class Script:
    """Performs operations: requests are answered by the service, sockets and frames as scripted."""

    service: FakeService
    clock: FakeClock
    #: For each time a socket is opened: what comes on it. An exception: it is not opened.
    sockets: deque[SocketLost | list[Message | str | bytes | SocketLost | None]] = field(
        default_factory=deque
    )
    sent: list[Message] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    emitted: list[Any] = field(default_factory=list)
    is_open: bool = False
    frames: list[Message | str | bytes | SocketLost | None] = field(default_factory=list)

    def offers(self, *frames: Message | str | bytes | SocketLost | None) -> None:
        self.sockets.append(list(frames))

    def refuses(self) -> None:
        self.sockets.append(SocketLost("refused"))

    def run(self, procedure: Procedure[Result]) -> Result:
        execution = Execution(procedure)
        while execution.operation:
            try:
                result = self._perform(execution.operation)
            except SocketLost as lost:
                execution.failed(lost)
            else:
                execution.succeeded(result)
        return execution.result

    @property
    def text(self) -> str:
        return "".join(item.text for item in self.emitted if isinstance(item, TextDelta))

    @property
    def actions(self) -> list[str]:
        return [message["action"] for message in self.sent]

    def _perform(self, operation: Operation) -> object:
        match operation:
            case HttpRequest():
                request = httpx.Request(
                    operation.method,
                    f"http://x{operation.path}",
                    params=operation.params,
                    json=operation.json,
                )
                return self.service(request)
            case Sleep():
                self.clock.sleep(operation.seconds)
            case OpenSocket():
                self._dial(operation)
            case SendFrame():
                self.sent.append(json.loads(operation.text))
            case ReceiveFrame():
                return self._listen(operation.seconds)
            case CloseSocket():
                self.is_open = False
            case Emit():
                self.emitted.append(operation.item)
        return None

    def _dial(self, operation: OpenSocket) -> None:
        self.opened.append(operation.url)
        assert self.sockets, "no further connection is scripted"
        offered = self.sockets.popleft()
        if isinstance(offered, SocketLost):
            raise offered
        self.frames = offered
        self.is_open = True

    def _listen(self, seconds: float) -> str | bytes | None:
        assert self.is_open
        frame = self.frames.pop(0) if self.frames else SocketLost("cut")
        if isinstance(frame, SocketLost):
            raise frame
        if frame is None:
            self.clock.sleep(seconds)
            return None
        return json.dumps(checked(frame)) if isinstance(frame, dict) else frame


def watching(calls: Calls, timeout: float | None = None, *more: str) -> Procedure[None]:
    return calls.watch(dict.fromkeys((JOB_ID, *more)), timeout)


Conversation = Callable[[ServerConnection, int], None]


@dataclass
class LiveService:
    """A WebSocket on a real port; `converse` gets each connection and its number, from 0."""

    converse: Conversation
    paths: list[str] = field(default_factory=list)
    heard: list[Message] = field(default_factory=list)
    closed: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def handle(self, connection: ServerConnection) -> None:
        with self._lock:
            number = len(self.paths)
            assert connection.request
            self.paths.append(connection.request.path)
        try:
            self.converse(connection, number)
            for _ in connection:  # until the client hangs up
                pass
        except ConnectionClosed:
            pass
        finally:
            self.closed.set()

    def hear(self, connection: ServerConnection) -> Message:
        message: Message = json.loads(connection.recv(timeout=30))
        self.heard.append(message)
        return message


def send(connection: ServerConnection, *messages: Message) -> None:
    for message in messages:
        connection.send(json.dumps(checked(message)))


@contextmanager
def live(service: LiveService) -> Iterator[str]:
    """Serve; yields the address a ticket is added to."""
    server: Server = serve(service.handle, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/live"
    finally:
        server.shutdown()
        thread.join()
