"""GET /openapi.json: the contract of the API, which is a file in the package."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from runtime.http import Request, Response
from sluice import errors

#: The path of the contract. Here it is a link to docs/openapi.json, which `make docs` writes. The
#: Lambda package contains the file itself.
FILE = Path(__file__).parents[1] / "openapi.json"
#: How long a client may cache the contract, in seconds. Only a deployment changes it.
_FRESH = 300


def tell_contract(_request: Request) -> Response:
    """200 with the contract. It needs a key, so that not everybody can invoke the function."""
    return Response(200, read_contract(FILE), {"Cache-Control": f"private, max-age={_FRESH}"})


@cache
def read_contract(file: Path) -> dict[str, Any]:
    """The document in `file`, read once. Raises SluiceError if it is missing or not JSON."""
    try:
        content: dict[str, Any] = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise errors.SluiceError(
            "openapi.json is missing from this deployment. Ask the operator to deploy again."
        ) from error
    return content
