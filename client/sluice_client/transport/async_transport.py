"""AsyncTransport: walks through steps on an event loop. It waits, and decides nothing."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any, TypeVar

import httpx
from websockets.asyncio.client import ClientConnection, connect

from sluice_client.transport.clock import AsyncClock
from sluice_client.transport.endpoint import Endpoint
from sluice_client.transport.operations import (
    Dial,
    HangUp,
    Listen,
    Lost,
    Pause,
    Say,
    Send,
    Step,
    Steps,
    Tell,
    Walk,
)
from sluice_client.transport.settings import (
    explaining_settings,
    http_settings,
    losing,
    socket_settings,
)

_Outcome = TypeVar("_Outcome")


class AsyncTransport:
    """Connections to one endpoint, open until it is closed. Raises NotConfigured."""

    def __init__(
        self, endpoint: Endpoint, clock: AsyncClock, http: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._clock = clock
        with explaining_settings():
            self._http = httpx.AsyncClient(transport=http, **http_settings(endpoint))

    async def close(self) -> None:
        """Close the connections; the object is of no use afterwards."""
        await self._http.aclose()

    async def run(
        self, steps: Steps[_Outcome], told: Callable[[Any], None] | None = None
    ) -> _Outcome:
        """Walk to the end and return the outcome; `told` gets the news on the way."""
        walk = Walk(steps)
        async with aclosing(self._walk(walk)) as news:
            async for item in news:
                if told:
                    told(item)
        return walk.outcome

    async def stream(self, steps: Steps[None]) -> AsyncGenerator[Any, None]:
        """Yield the news of a walk as they come; closing the generator ends the walk."""
        async with aclosing(self._walk(Walk(steps))) as news:
            async for item in news:
                yield item

    async def _walk(self, walk: Walk[_Outcome]) -> AsyncGenerator[Any, None]:
        async with aclosing(_Line()) as line:
            while walk.step:
                if isinstance(walk.step, Tell):
                    yield walk.step.news
                    walk.went(None)
                    continue
                try:
                    result = await self._take(walk.step, line)
                except Lost as lost:
                    walk.failed(lost)
                else:
                    walk.went(result)

    async def _take(self, step: Step, line: "_Line") -> object:
        if isinstance(step, Send):
            return await self._send(step)
        if isinstance(step, Pause):
            await self._clock.sleep(step.seconds)
            return None
        with losing():
            return await line.take(step)

    async def _send(self, step: Send) -> httpx.Response | httpx.RequestError:
        try:
            return await self._http.request(
                step.method,
                step.path,
                params=step.params,
                headers=step.headers,
                json=step.json,
                timeout=step.timeout,
            )
        except httpx.RequestError as error:
            return error


class _Line:
    """The socket of one walk."""

    def __init__(self) -> None:
        self._socket: ClientConnection | None = None

    async def take(self, step: Step) -> str | bytes | None:
        if isinstance(step, HangUp):
            await self.aclose()
        elif isinstance(step, Dial):
            self._socket = await connect(step.url, **socket_settings(step.url, step.seconds))
        elif self._socket is None:
            raise Lost("no connection is open")
        elif isinstance(step, Say):
            await self._socket.send(step.text)
        elif isinstance(step, Listen):
            return await _heard(self._socket, step.seconds)
        return None

    async def aclose(self) -> None:
        socket, self._socket = self._socket, None
        if socket:
            await socket.close()


async def _heard(socket: ClientConnection, seconds: float) -> str | bytes | None:
    try:
        return await asyncio.wait_for(socket.recv(), seconds)
    except TimeoutError:
        return None
