"""GET /jobs and GET /jobs/{job_id}: what has become of the questions. POST /tickets."""

from runtime.start import started

# isort: split
from runtime.http import Api, Request, Response, etag, matches
from runtime.listing import cursor_of, list_parameters
from runtime.preferences import wait_parameter
from runtime.settings import Settings
from runtime.wiring import Wiring
from sluice.job import Job
from sluice.view import JobView

_wiring = Wiring(Settings.load())
_reader = _wiring.reader()
_forecaster = _wiring.forecaster()
_tickets = _wiring.tickets()


def get_job(request: Request) -> Response:
    """The job, also while it runs. 304 if it is as the caller has it.

    `?wait=N` answers when the job has ended, or is not as If-None-Match has it, or N seconds on.
    """
    known = request.headers.get("if-none-match", "")

    def has_changed(job: Job) -> bool:
        return bool(known) and not matches(known, etag(_view(job)))

    job_id = request.path.get("job_id", "")
    job = _reader.wait(request.caller, job_id, wait_parameter(request), enough=has_changed)
    forecast = _forecaster.forecast(job)
    view = JobView.of(job, forecast)
    headers = {"ETag": etag(view)}
    if forecast.retry_after_seconds is not None:
        headers["Retry-After"] = str(forecast.retry_after_seconds)
    if known and matches(known, headers["ETag"]):
        return Response(304, None, headers)
    return Response(200, view, headers)


def list_jobs(request: Request) -> Response:
    """The caller's jobs, newest first, a page at a time."""
    page = _reader.list(request.caller, **list_parameters(request))
    return Response(
        200,
        {"jobs": [_view(job) for job in page.jobs], "next_cursor": cursor_of(page)},
    )


def issue_ticket(request: Request) -> Response:
    """A ticket for one WebSocket connection, within a minute."""
    return Response(201, _tickets.issue(request.caller))


def _view(job: Job) -> JobView:
    return JobView.of(job, _forecaster.forecast(job))


handler = Api(
    {"GET /jobs": list_jobs, "GET /jobs/{job_id}": get_job, "POST /tickets": issue_ticket}
)

started()
