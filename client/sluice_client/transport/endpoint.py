"""Endpoint: the service's address and API key, and where they are looked up.

Sources, in this order. They are never mixed in a way that sends a key to the wrong URL:

1. the arguments; a missing one is taken from the environment
2. SLUICE_URL and SLUICE_API_KEY, both
3. .sluice/endpoints.json in the current directory or the nearest parent that has one, as
   `make run` writes it: {"api_url": "http://...", "api_key": "...", "websocket_url": "ws://..."}

The WebSocket's address is optional: without it, jobs are polled. It is an argument, or comes
from the same source as the API's address: SLUICE_WEBSOCKET_URL, or the file.
"""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx

from sluice_client.api import fields
from sluice_client.api.errors import NotConfigured

FILE = Path(".sluice", "endpoints.json")

_HOW = "run `make run` in another terminal, or set SLUICE_URL and SLUICE_API_KEY"


@dataclass(frozen=True)
class Endpoint:
    """An address to which "/jobs" can be appended, an API key, and the WebSocket's address."""

    url: str
    api_key: str = field(repr=False)
    #: None: poll.
    websocket_url: str | None = None

    @classmethod
    def discover(
        cls,
        url: str | None = None,
        api_key: str | None = None,
        websocket_url: str | None = None,
    ) -> Self:
        """Return the endpoint to use. Raises NotConfigured when there is none, or it is invalid."""
        elsewhere = bool(url and url.strip())
        url = _given(url, "SLUICE_URL")
        api_key = _given(api_key, "SLUICE_API_KEY")
        if not url and not api_key:
            return cls._from_file(nearest_file(), websocket_url)
        if not url or not api_key:
            if url:
                raise NotConfigured("There is a URL but no API key: set SLUICE_API_KEY as well.")
            raise NotConfigured("There is an API key but no URL: set SLUICE_URL as well.")
        # The variable goes with SLUICE_URL: a ticket of one service is not shown to another.
        socket = websocket_url if elsewhere else _given(websocket_url, "SLUICE_WEBSOCKET_URL")
        return cls(_checked_url(url), _checked_key(api_key), _checked_socket(socket))

    @classmethod
    def _from_file(cls, path: Path, websocket_url: str | None) -> Self:
        try:
            raw: Any = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise NotConfigured(f"{path} cannot be read ({error}): {_HOW}.") from error
        raw = raw if isinstance(raw, dict) else {}
        url, api_key = fields.string(raw, "api_url"), fields.string(raw, "api_key")
        if not url or not api_key:
            raise NotConfigured(f"{path} lacks api_url or api_key: {_HOW}.")
        socket = websocket_url or fields.string(raw, "websocket_url")
        return cls(_checked_url(url), _checked_key(api_key), _checked_socket(socket))


def is_local(url: str) -> bool:
    """Return whether the address is on this machine, where no proxy is used."""
    host = httpx.URL(url).host
    return host in ("localhost", "::1") or host.startswith("127.")


def _given(argument: str | None, variable: str) -> str:
    return (argument or "").strip() or os.environ.get(variable, "").strip()


def nearest_file() -> Path:
    """Return the endpoints file of this directory or its nearest parent. Raises NotConfigured."""
    try:
        here = Path.cwd()
        for folder in (here, *here.parents):
            path = folder / FILE
            if path.is_file():
                return _owned(path)
    except OSError as error:  # the directory is gone, or a parent is closed to this user
        raise NotConfigured(f"{FILE} cannot be looked up ({error}): {_HOW}.") from error
    raise NotConfigured(f"Sluice is not configured: {_HOW}.")


def _owned(path: Path) -> Path:
    # In a shared folder such as /tmp, another user's file would send the questions to them.
    if hasattr(os, "getuid") and path.stat().st_uid != os.getuid():
        raise NotConfigured(f"{path} belongs to another user and is not used: {_HOW}.")
    return path


def _checked_url(url: str) -> str:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise NotConfigured(f"{url!r} is not a URL ({error}): correct SLUICE_URL.") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise NotConfigured(f"{url!r} is not an http(s) URL: correct SLUICE_URL.")
    return url.rstrip("/")


def _checked_socket(url: str | None) -> str | None:
    if not url or not url.strip():
        return None
    try:
        parsed = httpx.URL(url.strip())
    except httpx.InvalidURL as error:
        raise NotConfigured(
            f"{url!r} is not a URL ({error}): correct SLUICE_WEBSOCKET_URL."
        ) from error
    if parsed.scheme not in ("ws", "wss") or not parsed.host or parsed.query or parsed.fragment:
        raise NotConfigured(
            f"{url!r} is not a ws(s) URL without query and fragment: correct SLUICE_WEBSOCKET_URL."
        )
    return url.strip()


def _checked_key(api_key: str) -> str:
    if not (api_key.isascii() and api_key.isprintable()):
        raise NotConfigured("The API key contains invalid characters: correct SLUICE_API_KEY.")
    return api_key
