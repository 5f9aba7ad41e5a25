"""GET /openapi.json: the API's contract, a file of the package."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from runtime.http import Request, Response
from sluice import errors

#: A link to docs/openapi.json, which `make docs` writes; a package holds the file itself.
FILE = Path(__file__).parents[1] / "openapi.json"
#: Seconds; it changes with deployments only.
_FRESH = 300


def tell_contract(_request: Request) -> Response:
    """The contract, for whoever has a key: a public one would let anybody run the function."""
    return Response(200, read_contract(FILE), {"Cache-Control": f"private, max-age={_FRESH}"})


@cache
def read_contract(file: Path) -> dict[str, Any]:
    """The document in `file`, read once. Raises SluiceError if it is missing or not JSON."""
    try:
        content: dict[str, Any] = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise errors.SluiceError(
            "openapi.json is missing from this deployment. Ask its operator to build it again."
        ) from error
    return content
