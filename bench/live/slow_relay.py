"""A relay that makes some connections slow: `python -m bench.live.slow_relay URL`.

It stands between the functions and @connections of the API Gateway at URL.
The local API Gateway takes any message at once, whether or not its client reads, so slowness has
to be made here: posts to the connections named with PUT /held are delayed, all others are not.
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

#: Seconds a post to a held connection takes; less than the adapter waits, so it does succeed.
HELD_SECONDS = 2.0
_TIMEOUT = 10


@dataclass
class Relay:
    """Passes posts on to the API Gateway at `url`."""

    url: str
    held: set[str] = field(default_factory=set)
    #: When a delta to a held connection first had to wait, in monotonic nanoseconds.
    begun: dict[str, int] = field(default_factory=dict)
    client: httpx.AsyncClient = field(
        default_factory=lambda: httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False)
    )

    async def hold(self, request: Request) -> Response:
        """From now on posts to these connections wait, and to no others."""
        self.held, self.begun = set(await request.json()), {}
        return Response(status_code=204)

    async def tell(self, _: Request) -> JSONResponse:
        """Which of them have had to wait for a delta, and since when."""
        return JSONResponse(self.begun)

    async def post(self, request: Request) -> Response:
        """Pass a post on, at once or late."""
        body = await request.body()
        connection = request.url.path.rpartition("/")[2]
        if connection in self.held:
            if json.loads(body)["type"] == "job.delta":
                self.begun.setdefault(connection, time.monotonic_ns())
            await asyncio.sleep(HELD_SECONDS)
        # Signed, so that path and headers, the host among them, go on as they came.
        path = request.scope["raw_path"].decode()
        answer = await self.client.post(f"{self.url}{path}", content=body, headers=request.headers)
        return Response(answer.content, answer.status_code, _error_type(answer))

    def app(self) -> Starlette:
        """As an ASGI application."""
        return Starlette(
            routes=[
                Route("/held", self.hold, methods=["PUT"]),
                Route("/held", self.tell, methods=["GET"]),
                Route("/{path:path}", self.post, methods=["POST"]),
            ]
        )


def _error_type(answer: httpx.Response) -> dict[str, str]:
    """The header that tells boto3 which error it is."""
    name = "x-amzn-errortype"
    return {name: answer.headers[name]} if name in answer.headers else {}


if __name__ == "__main__":
    serve(Relay(sys.argv[1]).app())
