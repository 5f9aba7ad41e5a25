"""Runs the stand-ins' server as a child process, and gives boto3 the endpoints."""

import os
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from local.conditions import Conditions
from local.process import Child
from local.signing import is_aws

WEB = Path(__file__).parent.parent / "web"


class UpstreamUnreachable(Exception):
    """KENDRA_URL or BEDROCK_URL cannot be reached."""


@dataclass(frozen=True)
class UpstreamUrls:
    """Endpoints to use instead of the stand-ins; empty means the stand-in."""

    kendra: str = ""
    bedrock: str = ""

    def refuse_unreachable(self) -> None:
        """Raise UpstreamUnreachable if one of them cannot be reached."""
        for variable, url in (("KENDRA_URL", self.kendra), ("BEDROCK_URL", self.bedrock)):
            if url:
                _refuse_unreachable(variable, url)


class UpstreamServer:
    """The stand-ins over a folder of documents, and the page.

    `config` is the file with the API's address, for the page.
    A thread calls `say` with messages for the person at the terminal.
    """

    def __init__(
        self,
        documents: Path,
        stack_url: str,
        urls: UpstreamUrls,
        config: Path,
        conditions: Conditions,
        port: int,
        say: Callable[[str], None],
    ) -> None:
        """`port` is the port to listen on; 0 means any free one."""
        self._urls = urls
        self._say = say
        self._port = 0
        command = [sys.executable, "-m", "local.upstreams", "--documents", str(documents)]
        command += ["--web", str(WEB), "--config", str(config), "--port", str(port)]
        command += ["--stack", stack_url, "--kendra", urls.kendra, "--bedrock", urls.bedrock]
        command += ["--conditions", conditions.model_dump_json()]
        # It needs the shell's AWS credentials and the variables of the local model.
        self._child = Child(command, os.environ, self._read_line)

    def start(self) -> None:
        """Start the server and wait for its port. Raises StartFailed."""
        self._child.start()
        self._child.wait_until(lambda: self._port > 0, seconds=120)

    def stop(self) -> None:
        self._child.stop()

    def has_ended(self) -> bool:
        return self._child.has_ended()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def variables(self) -> dict[str, str]:
        """Return the environment variables with the endpoints of Kendra and Bedrock."""
        return {
            "AWS_ENDPOINT_URL_KENDRA": self._endpoint("kendra", self._urls.kendra),
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": self._endpoint("bedrock", self._urls.bedrock),
        }

    def _endpoint(self, name: str, url: str) -> str:
        if is_aws(url):
            return f"{self.url}/aws/{name}"
        return url or self.url

    def _read_line(self, line: str) -> None:
        if self._port:
            self._say(line)
        elif line.isdigit():
            self._port = int(line)


def _refuse_unreachable(variable: str, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UpstreamUnreachable(f"{variable}={url} must be an http or https address.")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname, port), timeout=5).close()
    except OSError as error:
        raise UpstreamUnreachable(
            f"{variable}={url} cannot be reached: {error.strerror or error}."
        ) from error
