"""The counters of the stand-ins: `GET /stats`, and `POST /stats/reset`.

A reset sets back the counters, the quotas and the random faults.
Afterwards the stand-ins behave as if they had just started.
"""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route


def stats_routes(kendra: Starlette, bedrock: Starlette) -> list[BaseRoute]:
    """Return the two routes for a `kendra_app` and a `bedrock_app`."""

    async def show(_: Request) -> JSONResponse:
        return JSONResponse(
            {"kendra": _kendra(kendra), "bedrock": bedrock.state.admission.as_dict()}
        )

    async def reset(_: Request) -> Response:
        kendra.state.stats.reset()
        kendra.state.admission.reset()
        bedrock.state.admission.reset()
        return Response(status_code=204)

    return [Route("/stats", show), Route("/stats/reset", reset, methods=["POST"])]


def _kendra(kendra: Starlette) -> dict[str, object]:
    return {**kendra.state.stats.as_dict(), **kendra.state.admission.traffic.as_dict()}
