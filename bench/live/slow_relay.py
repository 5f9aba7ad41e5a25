"""A relay that makes some connections slow: `python -m bench.live.slow_relay URL`.

It stands between the functions and @connections of the API Gateway at URL.
The local API Gateway accepts any message at once, even if the client does not read.
So the relay delays posts to the connections named with PUT /held, and passes all others on at once.
"""

import asyncio
import json
import sys
import time
from dataclasses import dataclass, field

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bench.live.server_process import serve

#: Seconds that a post to a held connection takes: below the adapter's timeout, so it succeeds.
HELD_SECONDS = 2.0
_TIMEOUT = 10


@dataclass
class SlowRelay:
    """Passes posts on to the API Gateway at `url`."""

    url: str
    held: set[str] = field(default_factory=set)
    #: When the first delta to a held connection was delayed, in monotonic nanoseconds.
    delayed_since: dict[str, int] = field(default_factory=dict)
    client: httpx.AsyncClient = field(
        default_factory=lambda: httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False)
    )

    async def hold(self, request: Request) -> Response:
        """PUT /held: from now on, delay posts to these connections and to no others."""
        self.held, self.delayed_since = set(await request.json()), {}
        return Response(status_code=204)

    async def list_delayed(self, _: Request) -> JSONResponse:
        """GET /held: the connections that had a delta delayed, and since when."""
        return JSONResponse(self.delayed_since)

    async def post(self, request: Request) -> Response:
        """Pass a post on, with a delay if its connection is held."""
        body = await request.body()
        connection = request.url.path.rpartition("/")[2]
        if connection in self.held:
            if json.loads(body)["type"] == "job.delta":
                self.delayed_since.setdefault(connection, time.monotonic_ns())
            await asyncio.sleep(HELD_SECONDS)
        # The request is signed, so its path and headers, including the host, must not change.
        path = request.scope["raw_path"].decode()
        response = await self.client.post(
            f"{self.url}{path}", content=body, headers=request.headers
        )
        return Response(response.content, response.status_code, _error_type(response))

    def app(self) -> Starlette:
        """The relay as an ASGI application."""
        return Starlette(
            routes=[
                Route("/held", self.hold, methods=["PUT"]),
                Route("/held", self.list_delayed, methods=["GET"]),
                Route("/{path:path}", self.post, methods=["POST"]),
            ]
        )


def _error_type(response: httpx.Response) -> dict[str, str]:
    """The header from which boto3 learns the type of an error, if there is one."""
    name = "x-amzn-errortype"
    return {name: response.headers[name]} if name in response.headers else {}


if __name__ == "__main__":
    serve(SlowRelay(sys.argv[1]).app())
