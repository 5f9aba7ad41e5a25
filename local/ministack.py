"""MiniStack, the local AWS, as a child process."""

import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

import boto3
import httpx

from local.process import Child

REGION = "us-east-1"
ACCOUNT = "000000000000"
#: MiniStack's root user. The functions run under their roles' own sessions.
CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}

#: The only variables of the shell that MiniStack and the functions see.
#: So a person's AWS profile or proxy does not affect them.
_KEPT = ("HOME", "LANG", "LC_ALL", "PATH", "TMPDIR")


class MiniStack:
    """A local AWS on one port, with IAM enforced."""

    def __init__(self, port: int, upstreams: Mapping[str, str], log: Path) -> None:
        """`upstreams` are the environment variables with the endpoints of Kendra and Bedrock."""
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        environment |= {
            "AUTH": "true",
            "AWS_ACCESS_KEY_ID": CREDENTIALS["aws_access_key_id"],
            "AWS_SECRET_ACCESS_KEY": CREDENTIALS["aws_secret_access_key"],
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            # Otherwise it listens on 0.0.0.0:8883 (MQTT) wherever it can import `cryptography`.
            "IOT_MTLS_ENABLED": "0",
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "MINISTACK_REGION": REGION,
            **upstreams,
        }
        self._log = log
        self._file: TextIO | None = None
        self._child = Child([sys.executable, "-m", "ministack"], environment, self._write)

    def start(self) -> None:
        """Start it and wait until it answers. Raises PortTaken or StartFailed."""
        refuse_taken_port(self.port)
        self._file = self._log.open("w", encoding="utf-8")
        self._child.start()
        self._child.wait_until(self._answers, seconds=60)

    def has_ended(self) -> bool:
        return self._child.has_ended()

    def stop(self) -> None:
        self._child.stop()
        if self._file:
            self._file.close()
            self._file = None

    def _write(self, line: str) -> None:
        if self._file:
            self._file.write(f"{line}\n")
            self._file.flush()

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/_ministack/health", timeout=2).is_success
        except httpx.HTTPError:
            return False


def root_client(url: str, service: str) -> Any:
    """Return a boto3 client of the root user of the MiniStack at `url`."""
    make: Any = boto3.client  # its overloads accept only literal service names
    return make(service, endpoint_url=url, region_name=REGION, **CREDENTIALS)


class PortTaken(Exception):
    """Something else listens on the port."""


def refuse_taken_port(port: int) -> None:
    """Raise PortTaken if `port` is in use."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            raise PortTaken(
                f"Port {port} is taken. Stop what uses it, or choose another: PORT=8788."
            ) from error


def is_free(port: int) -> bool:
    """Return whether `port` is free."""
    try:
        refuse_taken_port(port)
    except PortTaken:
        return False
    return True


def free_port() -> int:
    """Return a port that is free."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
