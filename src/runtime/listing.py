"""The query parameters of a list, its pages and their cursor."""

import base64
import binascii
from collections.abc import Callable
from typing import Any, TypedDict

from runtime.http import Request
from sluice.errors import InvalidCursor, InvalidRequest
from sluice.ids import is_job_id
from sluice.job import Job, Status
from sluice.reading import checked_id
from sluice.seams import JobPage
from sluice.view import JobView

_DEFAULT_LIMIT, _LARGEST_LIMIT = 20, 100
_KNOWN = ("status", "batch_id", "limit", "cursor")
#: Characters of one page; Lambda answers with 6 MB at most.
_LARGEST_PAGE = 4_000_000


class ListParameters(TypedDict):
    """What JobReader.list takes."""

    status: Status | None
    batch_id: str | None
    limit: int
    after: str | None


def list_parameters(request: Request) -> ListParameters:
    """Raises InvalidRequest or InvalidCursor, naming the parameter."""
    if unknown := set(request.query) - set(_KNOWN):
        raise InvalidRequest(f"There is no parameter {min(unknown)!r}; use {', '.join(_KNOWN)}.")
    limit = request.query.get("limit", str(_DEFAULT_LIMIT))
    if not (limit.isascii() and limit.isdigit()) or not 1 <= int(limit) <= _LARGEST_LIMIT:
        raise InvalidRequest(f"limit: a whole number, 1 to {_LARGEST_LIMIT}.")
    status = request.query.get("status")
    if status is not None and status not in list(Status):
        raise InvalidRequest(f"status: one of {', '.join(Status)}.")
    return {
        "status": Status(status) if status else None,
        "batch_id": checked_id(request.query["batch_id"]) if "batch_id" in request.query else None,
        "limit": int(limit),
        "after": _read(request.query["cursor"]) if "cursor" in request.query else None,
    }


def job_list(page: JobPage, view: Callable[[Job], JobView]) -> dict[str, Any]:
    """A page as JSON. One that would be too long ends earlier, and goes on from there."""
    views: list[JobView] = []
    last_id, size = page.last_id, 0
    for job in page.jobs:
        shown = view(job)
        size += len(shown.model_dump_json())
        if size > _LARGEST_PAGE and views:
            last_id = views[-1].id
            break
        views.append(shown)
    return {"jobs": views, "next_cursor": _cursor(last_id)}


def _cursor(last_id: str | None) -> str | None:
    """An opaque continuation. It holds no caller, so it opens nobody's list."""
    if last_id is None:
        return None
    return base64.urlsafe_b64encode(last_id.encode()).decode().rstrip("=")


def _read(cursor: str) -> str:
    try:
        job_id = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        job_id = ""
    if not is_job_id(job_id):
        raise InvalidCursor("Use the next_cursor of the page before, unchanged.")
    return job_id
