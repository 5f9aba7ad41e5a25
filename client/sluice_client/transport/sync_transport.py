"""Transport: walks through steps with blocking calls. It waits, and decides nothing."""

from collections.abc import Callable, Generator
from contextlib import ExitStack, closing
from typing import Any, TypeVar

import httpx
from websockets.sync.client import ClientConnection, connect

from sluice_client.transport.clock import Clock
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


class Transport:
    """Connections to one endpoint, open until it is closed. Raises NotConfigured."""

    def __init__(
        self, endpoint: Endpoint, clock: Clock, http: httpx.BaseTransport | None = None
    ) -> None:
        self._clock = clock
        with explaining_settings():
            self._http = httpx.Client(transport=http, **http_settings(endpoint))

    def close(self) -> None:
        """Close the connections; the object is of no use afterwards."""
        self._http.close()

    def run(self, steps: Steps[_Outcome], told: Callable[[Any], None] | None = None) -> _Outcome:
        """Walk to the end and return the outcome; `told` gets the news on the way."""
        walk = Walk(steps)
        with closing(self._walk(walk)) as news:
            for item in news:
                if told:
                    told(item)
        return walk.outcome

    def stream(self, steps: Steps[None]) -> Generator[Any, None, None]:
        """Yield the news of a walk as they come; closing the generator ends the walk."""
        yield from self._walk(Walk(steps))

    def _walk(self, walk: Walk[_Outcome]) -> Generator[Any, None, None]:
        with closing(_Line()) as line:
            while walk.step:
                if isinstance(walk.step, Tell):
                    yield walk.step.news
                    walk.went(None)
                    continue
                try:
                    result = self._take(walk.step, line)
                except Lost as lost:
                    walk.failed(lost)
                else:
                    walk.went(result)

    def _take(self, step: Step, line: "_Line") -> object:
        if isinstance(step, Send):
            return self._send(step)
        if isinstance(step, Pause):
            self._clock.sleep(step.seconds)
            return None
        with losing():
            return line.take(step)

    def _send(self, step: Send) -> httpx.Response | httpx.RequestError:
        try:
            return self._http.request(
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
        self._open = ExitStack()
        self._socket: ClientConnection | None = None

    def take(self, step: Step) -> str | bytes | None:
        if isinstance(step, HangUp):
            self.close()
        elif isinstance(step, Dial):
            opening = connect(step.url, **socket_settings(step.url, step.seconds))
            self._socket = self._open.enter_context(opening)
        elif self._socket is None:
            raise Lost("no connection is open")
        elif isinstance(step, Say):
            self._socket.send(step.text)
        elif isinstance(step, Listen):
            return _heard(self._socket, step.seconds)
        return None

    def close(self) -> None:
        self._socket = None
        self._open.close()


def _heard(socket: ClientConnection, seconds: float) -> str | bytes | None:
    try:
        return socket.recv(timeout=seconds)
    except TimeoutError:
        return None
