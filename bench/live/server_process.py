"""A server of the benchmark in a process of its own, so that it does not slow its clients down."""

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
    """Serve on a free port, and print the port as the first line of standard output.

    Ends when standard input is closed, so that no server outlives the benchmark.
    """
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    # Clients may connect as soon as the port is printed; until the server runs, they wait.
    listener.listen()
    print(listener.getsockname()[1], flush=True)
    config = uvicorn.Config(app, log_level="warning", access_log=False)
    server = uvicorn.Server(config)
    threading.Thread(target=_end_with_input, args=[server], daemon=True).start()
    server.run([listener])


def _end_with_input(server: uvicorn.Server) -> None:
    sys.stdin.buffer.read()
    server.should_exit = True


class ServerProcess:
    """A module that calls `serve`, run while the context lasts."""

    def __init__(self, module: str, *arguments: str) -> None:
        self._port = ""
        command = [sys.executable, "-m", module, *arguments]
        self._child = Child(command, os.environ, self._read)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        """Start the server and wait for its port. Raises local.process.StartFailed."""
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

    def _read(self, line: str) -> None:
        if not self._port:
            self._port = line
        else:
            print(line, file=sys.stderr, flush=True)
