"""SyncTransport: runs procedures with blocking calls."""

from collections.abc import Callable, Generator
from contextlib import ExitStack, closing
from typing import Any, TypeVar

import httpx
from websockets.sync.client import ClientConnection, connect

from sluice_client.transport.clock import Clock
from sluice_client.transport.endpoint import Endpoint
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
from sluice_client.transport.settings import (
    http_settings,
    settings_errors,
    socket_errors,
    socket_settings,
)

_Result = TypeVar("_Result")


class SyncTransport:
    """Connections to one endpoint, open until `close`. Raises NotConfigured."""

    def __init__(
        self, endpoint: Endpoint, clock: Clock, http: httpx.BaseTransport | None = None
    ) -> None:
        self._clock = clock
        with settings_errors():
            self._http = httpx.Client(transport=http, **http_settings(endpoint))

    def close(self) -> None:
        """Close the connections. The object cannot be used afterwards."""
        self._http.close()

    def run(
        self, procedure: Procedure[_Result], on_item: Callable[[Any], None] | None = None
    ) -> _Result:
        """Run to the end and return the result; `on_item` gets the items emitted on the way."""
        execution = Execution(procedure)
        with closing(self._run(execution)) as items:
            for item in items:
                if on_item:
                    on_item(item)
        return execution.result

    def stream(self, procedure: Procedure[None]) -> Generator[Any, None, None]:
        """Yield the items as they are emitted; closing the generator ends the procedure."""
        yield from self._run(Execution(procedure))

    def _run(self, execution: Execution[_Result]) -> Generator[Any, None, None]:
        with closing(_Socket()) as socket:
            while execution.operation:
                if isinstance(execution.operation, Emit):
                    yield execution.operation.item
                    execution.succeeded(None)
                    continue
                try:
                    value = self._perform(execution.operation, socket)
                except SocketLost as error:
                    execution.failed(error)
                else:
                    execution.succeeded(value)

    def _perform(self, operation: Operation, socket: "_Socket") -> object:
        if isinstance(operation, HttpRequest):
            return self._send(operation)
        if isinstance(operation, Sleep):
            self._clock.sleep(operation.seconds)
            return None
        with socket_errors():
            return socket.perform(operation)

    def _send(self, request: HttpRequest) -> httpx.Response | httpx.RequestError:
        try:
            return self._http.request(
                request.method,
                request.path,
                params=request.params,
                headers=request.headers,
                json=request.json,
                timeout=request.timeout,
            )
        except httpx.RequestError as error:
            return error


class _Socket:
    """The WebSocket of one procedure, if it opens one."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._connection: ClientConnection | None = None

    def perform(self, operation: Operation) -> str | bytes | None:
        if isinstance(operation, CloseSocket):
            self.close()
        elif isinstance(operation, OpenSocket):
            settings = socket_settings(operation.url, operation.seconds)
            self._connection = self._open.enter_context(connect(operation.url, **settings))
        elif self._connection is None:
            raise SocketLost("no connection is open")
        elif isinstance(operation, SendFrame):
            self._connection.send(operation.text)
        elif isinstance(operation, ReceiveFrame):
            return _receive(self._connection, operation.seconds)
        return None

    def close(self) -> None:
        self._connection = None
        self._open.close()


def _receive(connection: ClientConnection, seconds: float) -> str | bytes | None:
    try:
        return connection.recv(timeout=seconds)
    except TimeoutError:
        return None
