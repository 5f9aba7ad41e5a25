"""Operations: what the client does, apart from how it waits.

Everything that takes more than one exchange with the service (retrying, polling, following a
socket through its interruptions) is written once, as a procedure: a generator that yields
operations. `sync_transport.py` runs a procedure with blocking calls, `async_transport.py` on an
event loop. Neither contains a decision.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

import httpx

_Result = TypeVar("_Result")


class SocketLost(Exception):
    """The socket could not be opened, or is no longer usable."""


@dataclass(frozen=True)
class HttpRequest:
    """Send one request. Result: an httpx.Response, or the httpx.RequestError it ended with."""

    method: str
    path: str
    timeout: httpx.Timeout
    params: Mapping[str, str | int] | None = None
    headers: Mapping[str, str] | None = None
    json: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Sleep:
    """Wait for `seconds`."""

    seconds: float


@dataclass(frozen=True)
class OpenSocket:
    """Open the socket, within `seconds`. Raises SocketLost."""

    url: str
    seconds: float


@dataclass(frozen=True)
class SendFrame:
    """Send a text frame on the open socket. Raises SocketLost."""

    text: str


@dataclass(frozen=True)
class ReceiveFrame:
    """Receive one frame. Result: the frame, or None after `seconds`. Raises SocketLost."""

    seconds: float


@dataclass(frozen=True)
class CloseSocket:
    """Close the socket, if one is open."""


@dataclass(frozen=True)
class Emit:
    """Hand an item to the caller: a job that changed, or an event."""

    item: Any


Operation: TypeAlias = (
    HttpRequest | Sleep | OpenSocket | SendFrame | ReceiveFrame | CloseSocket | Emit
)

#: A generator of operations that returns a result. What it is sent depends on the operation.
Procedure: TypeAlias = Generator[Operation, Any, _Result]


class Execution(Generic[_Result]):
    """One procedure being run: at an operation, or finished with a result."""

    def __init__(self, procedure: Procedure[_Result]) -> None:
        self._procedure = procedure
        #: The operation to perform now; None at the end.
        self.operation: Operation | None = None
        self._result: list[_Result] = []
        self.succeeded(None)

    @property
    def result(self) -> _Result:
        """What the procedure returned, once `operation` is None."""
        return self._result[0]

    def succeeded(self, value: object) -> None:
        """Continue after an operation, with its result."""
        try:
            self.operation = self._procedure.send(value)
        except StopIteration as end:
            self._finish(end.value)

    def failed(self, error: SocketLost) -> None:
        """Continue after an operation that failed."""
        try:
            self.operation = self._procedure.throw(error)
        except StopIteration as end:
            self._finish(end.value)

    def _finish(self, result: _Result) -> None:
        self.operation = None
        self._result.append(result)
