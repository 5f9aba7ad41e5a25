"""Settings: what HTTP clients and WebSockets are opened with, and what their errors become."""

import platform
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from typing import Any

import httpx
from websockets.exceptions import WebSocketException

from sluice_client.api.errors import NotConfigured
from sluice_client.transport.endpoint import Endpoint, is_local
from sluice_client.transport.operations import SocketLost

#: Seconds for the closing handshake; the peer may be gone.
_CLOSE = 1.0

#: Bytes; the service sends at most 128 KB in one message.
_LARGEST = 1_048_576


def http_settings(endpoint: Endpoint) -> dict[str, Any]:
    """Return the arguments for httpx's clients."""
    return {
        "base_url": endpoint.url,
        "headers": {"x-api-key": endpoint.api_key, "user-agent": _user_agent()},
        "trust_env": not is_local(endpoint.url),  # no proxy between a machine and itself
    }


def socket_settings(url: str, seconds: float) -> dict[str, Any]:
    """Return the arguments for a WebSocket that must open within `seconds`."""
    return {
        # The same certificates as for HTTP.
        "ssl": httpx.create_ssl_context() if url.startswith("wss:") else None,
        "proxy": None if is_local(url) else True,
        "user_agent_header": _user_agent(),
        "open_timeout": seconds,
        "close_timeout": _CLOSE,
        "ping_interval": None,  # the service's own ping also keeps its gateway from hanging up
        "max_size": _LARGEST,
    }


@contextmanager
def settings_errors() -> Iterator[None]:
    """Raise NotConfigured, naming the settings, when httpx rejects those of the environment."""
    try:
        yield
    except (ImportError, OSError, ValueError) as error:
        raise NotConfigured(
            f"The environment's proxy or certificate settings cannot be used ({error}):"
            " correct HTTP_PROXY, HTTPS_PROXY, ALL_PROXY or SSL_CERT_FILE."
        ) from error


@contextmanager
def socket_errors() -> Iterator[None]:
    """Raise SocketLost for any failure of a socket."""
    try:
        yield
    except TimeoutError as error:
        raise SocketLost("it did not open in time") from error
    # ImportError: a SOCKS proxy without the package for it.
    except (WebSocketException, OSError, EOFError, ImportError) as error:
        raise SocketLost(" ".join(str(error).split()) or type(error).__name__) from error


def _user_agent() -> str:
    return f"sluice-client/{metadata.version('sluice-client')} python/{platform.python_version()}"
