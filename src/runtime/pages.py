"""Lists of jobs: their query parameters, pages and cursors."""

import base64
import binascii
from typing import TypedDict

from pydantic import BaseModel, ConfigDict

from runtime.http import Request, refusal
from runtime.preferences import number_parameter
from sluice.errors import InvalidCursor
from sluice.ids import checked_id, is_job_id
from sluice.job.job import Status
from sluice.job.views import JobView
from sluice.pace.forecaster import Forecaster
from sluice.ports import JobPage

#: The query parameters of a list.
LIST_PARAMETERS = ("status", "batch_id", "limit", "cursor")
DEFAULT_LIMIT, LARGEST_LIMIT = 20, 100
#: The largest page in bytes. A Lambda response has at most 6 MB.
_LARGEST_PAGE = 4_000_000


class JobList(BaseModel):
    """A page of jobs. `next_cursor` gets the next page. It is null on the last page."""

    model_config = ConfigDict(frozen=True)

    jobs: list[JobView]
    next_cursor: str | None


class ListParameters(TypedDict):
    """The parameters of JobReader.list."""

    status: Status | None
    batch_id: str | None
    limit: int
    after: str | None


def list_parameters(request: Request) -> ListParameters:
    """The parameters of a request for a list. Raises InvalidRequest, InvalidId or InvalidCursor."""
    status = request.query.get("status")
    if status is not None and status not in list(Status):
        raise refusal("status", f"must be one of {', '.join(Status)}")
    return {
        "status": Status(status) if status else None,
        "batch_id": checked_id(request.query["batch_id"]) if "batch_id" in request.query else None,
        "limit": number_parameter(request, "limit", DEFAULT_LIMIT, 1, LARGEST_LIMIT),
        "after": _read(request.query["cursor"]) if "cursor" in request.query else None,
    }


def job_list(page: JobPage, forecaster: Forecaster) -> JobList:
    """A page as the API shows it. If it is too large, it ends earlier and its cursor continues."""
    views: list[JobView] = []
    last_id, size = page.last_id, 0
    outlook = forecaster.outlook()
    for job in page.jobs:
        shown = JobView.of(job, outlook.of(job))
        size += len(shown.model_dump_json().encode())
        if size > _LARGEST_PAGE and views:
            last_id = views[-1].id
            break
        views.append(shown)
    return JobList(jobs=views, next_cursor=_cursor(last_id))


def _cursor(last_id: str | None) -> str | None:
    """An opaque cursor. It contains no caller, so it gives access to nobody's jobs."""
    if last_id is None:
        return None
    return base64.urlsafe_b64encode(last_id.encode()).decode().rstrip("=")


def _read(cursor: str) -> str:
    try:
        job_id = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        job_id = ""
    if not is_job_id(job_id):
        raise InvalidCursor("Use the next_cursor of the previous page, unchanged.")
    return job_id
