"""GET /openapi.json: the API's contract."""

from runtime.http import Request, Response

#: Seconds; it changes with deployments only.
_FRESH = 300


def tell_contract(_request: Request) -> Response:
    """The contract, for whoever has a key: a public one would let anybody run the function."""
    # Hardly anybody asks for it, so no cold start pays for making it.
    from runtime.openapi import document

    return Response(200, document(), {"Cache-Control": f"private, max-age={_FRESH}"})
