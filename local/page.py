"""Serves the page, and the API under the same origin, as CloudFront does.

`config` is a file that exists while the stack is running: {"api_url", "api_key", "websocket_url"}.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

#: Seconds; longer than any request to the API takes.
_TIMEOUT = 40
#: Headers that a proxy does not forward.
_HOP_BY_HOP = frozenset(["connection", "content-length", "host", "keep-alive", "transfer-encoding"])
_METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH"]


def page_routes(web: Path, config: Path) -> list[BaseRoute]:
    """Return the routes of the page, and /api, which forwards to the API."""

    async def show_config(request: Request) -> Response:
        found = _read(config)
        if found is None:
            return _not_ready()
        return JSONResponse(found | {"api_url": f"{request.base_url}api"})

    async def forward(request: Request) -> Response:
        found = _read(config)
        if found is None:
            return _not_ready()
        url = f"{found['api_url']}/{request.path_params['path']}"
        async with httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False) as client:
            answer = await client.request(
                request.method,
                httpx.URL(url, query=request.url.query.encode()),
                content=await request.body(),
                headers=_passed(request.headers),
            )
        return Response(answer.content, answer.status_code, _passed(answer.headers))

    async def to_page(_: Request) -> Response:
        return RedirectResponse("/page/")

    return [
        Route("/", to_page, methods=["GET"]),
        Route("/page", to_page),
        Route("/page/config.json", show_config),
        Mount("/page", StaticFiles(directory=web, html=True)),
        Route("/api/{path:path}", forward, methods=_METHODS),
    ]


def _read(config: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(config.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return found


def _passed(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _HOP_BY_HOP}


def _not_ready() -> Response:
    return JSONResponse({"detail": "The stack is still starting."}, 503, {"Retry-After": "1"})
