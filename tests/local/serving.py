"""Serves an ASGI application on a free port of the loopback, in a thread, for a test."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import boto3
import httpx
import uvicorn
from botocore.config import Config
from starlette.types import ASGIApp
from websockets.exceptions import InvalidState

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self.stopping = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.loop = asyncio.get_running_loop()
        self.ready.set()

    async def main_loop(self) -> None:
        # uvicorn's own looks ten times a second whether it should exit.
        await self.on_tick(0)
        await self.stopping.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # uvicorn raises at a WebSocket that its client is closing at the same moment, and then leaves
        # all other connections open.
        for connection in list(self.server_state.connections):
            try:
                connection.shutdown()
            except InvalidState:
                connection.transport.close()
        # For uvicorn none is left to shut down; a connection still leaves the set that it knows.
        self.server_state.connections = set()
        await super().shutdown(sockets)

    def stop(self) -> None:
        if self.ready.is_set():
            self.loop.call_soon_threadsafe(self.stopping.set)


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Serve the application and yield its URL."""
    config = uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=5)
    server = _Server(config)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            assert server.ready.wait(timeout=30)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.stop()
            thread.join(timeout=30)
            assert not thread.is_alive()


def post_and_disconnect(
    url: str,
    body: object,
    headers: Mapping[str, str] | None = None,
    *,
    once: Callable[[], bool],
) -> None:
    """Post a call that is never answered, and close its connection when `once()` is true."""
    split = httpx.URL(url)
    connection = HTTPConnection(split.host, split.port, timeout=30)
    with closing(connection):
        connection.request("POST", split.path, json.dumps(body), dict(headers or {}))
        end = time.monotonic() + 30
        while not once():
            assert time.monotonic() < end, "the condition has not become true"
            time.sleep(0.005)


@contextmanager
def bedrock_client(url: str) -> Iterator["BedrockRuntimeClient"]:
    """Yield boto3's client of a stand-in, without retries."""
    client = boto3.client(
        "bedrock-runtime",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=30),
    )
    try:
        yield client
    finally:
        client.close()
