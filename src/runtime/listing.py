"""The query parameters of a list, and its cursor."""

import base64
import binascii
from typing import TypedDict

from runtime.http import Request
from sluice.errors import InvalidCursor, InvalidRequest
from sluice.ids import is_job_id
from sluice.job import Status
from sluice.seams import JobPage

_DEFAULT_LIMIT, _LARGEST_LIMIT = 20, 100
_KNOWN = {"status", "limit", "cursor"}


class ListParameters(TypedDict):
    """What JobReader.list takes."""

    status: Status | None
    limit: int
    after: str | None


def list_parameters(request: Request) -> ListParameters:
    """Raises InvalidRequest or InvalidCursor, naming the parameter."""
    if unknown := set(request.query) - _KNOWN:
        raise InvalidRequest(f"There is no parameter {min(unknown)!r}; use status, limit, cursor.")
    limit = request.query.get("limit", str(_DEFAULT_LIMIT))
    if not (limit.isascii() and limit.isdigit()) or not 1 <= int(limit) <= _LARGEST_LIMIT:
        raise InvalidRequest(f"limit: a whole number, 1 to {_LARGEST_LIMIT}.")
    status = request.query.get("status")
    if status is not None and status not in list(Status):
        raise InvalidRequest(f"status: one of {', '.join(Status)}.")
    return {
        "status": Status(status) if status else None,
        "limit": int(limit),
        "after": _read(request.query["cursor"]) if "cursor" in request.query else None,
    }


def cursor_of(page: JobPage) -> str | None:
    """An opaque continuation of `page`. It holds no caller, so it opens nobody's list."""
    if page.last_id is None:
        return None
    return base64.urlsafe_b64encode(page.last_id.encode()).decode().rstrip("=")


def _read(cursor: str) -> str:
    try:
        job_id = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        job_id = ""
    if not is_job_id(job_id):
        raise InvalidCursor("Use the next_cursor of the page before, unchanged.")
    return job_id
