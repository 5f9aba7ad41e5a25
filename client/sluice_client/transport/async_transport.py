"""AsyncTransport: runs procedures on an event loop."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any, TypeVar

import httpx
from websockets.asyncio.client import ClientConnection, connect

from sluice_client.transport.clock import AsyncClock
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


class AsyncTransport:
    """Connections to one endpoint, open until `close`. Raises NotConfigured."""

    def __init__(
        self, endpoint: Endpoint, clock: AsyncClock, http: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._clock = clock
        with settings_errors():
            self._http = httpx.AsyncClient(transport=http, **http_settings(endpoint))

    async def close(self) -> None:
        """Close the connections. The object cannot be used afterwards."""
        await self._http.aclose()

    async def run(
        self, procedure: Procedure[_Result], on_item: Callable[[Any], None] | None = None
    ) -> _Result:
        """Run to the end and return the result; `on_item` gets the items emitted on the way."""
        execution = Execution(procedure)
        async with aclosing(self._run(execution)) as items:
            async for item in items:
                if on_item:
                    on_item(item)
        return execution.result

    async def stream(self, procedure: Procedure[None]) -> AsyncGenerator[Any, None]:
        """Yield the items as they are emitted; closing the generator ends the procedure."""
        async with aclosing(self._run(Execution(procedure))) as items:
            async for item in items:
                yield item

    async def _run(self, execution: Execution[_Result]) -> AsyncGenerator[Any, None]:
        async with aclosing(_Socket()) as socket:
            while execution.operation:
                if isinstance(execution.operation, Emit):
                    yield execution.operation.item
                    execution.succeeded(None)
                    continue
                try:
                    value = await self._perform(execution.operation, socket)
                except SocketLost as error:
                    execution.failed(error)
                else:
                    execution.succeeded(value)

    async def _perform(self, operation: Operation, socket: "_Socket") -> object:
        if isinstance(operation, HttpRequest):
            return await self._send(operation)
        if isinstance(operation, Sleep):
            await self._clock.sleep(operation.seconds)
            return None
        with socket_errors():
            return await socket.perform(operation)

    async def _send(self, request: HttpRequest) -> httpx.Response | httpx.RequestError:
        try:
            return await self._http.request(
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
        self._connection: ClientConnection | None = None

    async def perform(self, operation: Operation) -> str | bytes | None:
        if isinstance(operation, CloseSocket):
            await self.aclose()
        elif isinstance(operation, OpenSocket):
            settings = socket_settings(operation.url, operation.seconds)
            self._connection = await connect(operation.url, **settings)
        elif self._connection is None:
            raise SocketLost("no connection is open")
        elif isinstance(operation, SendFrame):
            await self._connection.send(operation.text)
        elif isinstance(operation, ReceiveFrame):
            return await _receive(self._connection, operation.seconds)
        return None

    async def aclose(self) -> None:
        connection, self._connection = self._connection, None
        if connection:
            await connection.close()


async def _receive(connection: ClientConnection, seconds: float) -> str | bytes | None:
    try:
        return await asyncio.wait_for(connection.recv(), seconds)
    except TimeoutError:
        return None
