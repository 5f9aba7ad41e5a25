"""A server of a benchmark, in a process of its own so that it shares no interpreter with it."""

import os
import socket
import sys
import threading
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import ASGIApp

from local.process import Child


def serve(app: ASGIApp) -> None:
    """Serve on a free port of this machine, which is the first line of standard output.

    It ends when standard input does, so that nothing outlives the benchmark.
    """
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    # From here on it may be called; until the server runs, calls wait.
    listener.listen()
    print(listener.getsockname()[1], flush=True)
    config = uvicorn.Config(app, log_level="warning", access_log=False)
    server = uvicorn.Server(config)
    threading.Thread(target=_end_with_input, args=[server], daemon=True).start()
    server.run([listener])


def _end_with_input(server: uvicorn.Server) -> None:
    sys.stdin.buffer.read()
    server.should_exit = True


class Served:
    """A module that calls `serve`, run while the context lasts; `url` is where it answers."""

    def __init__(self, module: str, *arguments: str) -> None:
        self._port = ""
        command = [sys.executable, "-m", module, *arguments]
        self._child = Child(command, os.environ, self._hear)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        """Start it and wait for its port. Raises local.process.StartFailed."""
        self._child.start()
        self._child.wait_until(lambda: bool(self._port), seconds=30)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._child.stop()

    def _hear(self, line: str) -> None:
        if not self._port:
            self._port = line
        else:
            print(line, file=sys.stderr, flush=True)
