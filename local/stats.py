"""What the stand-ins saw: `GET /stats`, and `POST /stats/reset` to start anew.

Starting anew sets back the counters, the quotas and the faults' dice: what comes next is served
as by a server that has just started.
"""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route


def stats_routes(kendra: Starlette, bedrock: Starlette) -> list[BaseRoute]:
    """Make the two routes for a `kendra_app` and a `bedrock_app`."""

    async def show(_: Request) -> JSONResponse:
        return JSONResponse({"kendra": _kendra(kendra), "bedrock": bedrock.state.gate.as_dict()})

    async def reset(_: Request) -> Response:
        kendra.state.stats.reset()
        kendra.state.gate.reset()
        bedrock.state.gate.reset()
        return Response(status_code=204)

    return [Route("/stats", show), Route("/stats/reset", reset, methods=["POST"])]


def _kendra(kendra: Starlette) -> dict[str, object]:
    return {**kendra.state.stats.as_dict(), **kendra.state.gate.traffic.as_dict()}
