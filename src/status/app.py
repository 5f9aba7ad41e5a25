"""What has become of the questions: jobs and batches; cancel, retry; tickets for the WebSocket."""

from runtime.start import started

# isort: split
from runtime.contract import tell_contract
from runtime.http import Api, Request, Response, etag, matches
from runtime.pages import LIST_PARAMETERS, job_list, list_parameters
from runtime.preferences import wait_parameter
from runtime.replies import accepted, batch_reply, retry_after
from runtime.settings import Settings
from runtime.telemetry import count, logger
from runtime.wiring import Wiring
from sluice.job.job import Job
from sluice.job.views import JobView

_wiring = Wiring(Settings.load())
_reader = _wiring.reader
_forecaster = _wiring.forecaster
_tickets = _wiring.tickets
_cancellation = _wiring.cancellation
_submission = _wiring.submission


def get_job(request: Request) -> Response:
    """The job, also while it runs. 304 if it is as the caller has it.

    `?wait=N` answers when the job has ended, or is not as If-None-Match has it, or N seconds on.
    """
    known = request.headers.get("if-none-match", "")

    def has_changed(job: Job) -> bool:
        return bool(known) and not matches(known, etag(_view(job)))

    wait = wait_parameter(request)
    job = _reader.wait(request.caller, _job_id(request), wait, enough=has_changed)
    forecast = _forecaster.forecast(job)
    view = JobView.of(job, forecast)
    headers = {"ETag": etag(view), **retry_after(forecast)}
    if known and matches(known, headers["ETag"]):
        return Response(304, None, headers)
    return Response(200, view, headers)


def list_jobs(request: Request) -> Response:
    """The caller's jobs, newest first, a page at a time."""
    page = _reader.list(request.caller, **list_parameters(request))
    return Response(200, job_list(page, _forecaster))


def get_batch(request: Request) -> Response:
    """The batch: how many of its jobs are where."""
    batch_id = _batch_id(request)
    return batch_reply(200, batch_id, _reader.batch(request.caller, batch_id), _forecaster)


def cancel_job(request: Request) -> Response:
    """200 with the cancelled job; 202 if it is being answered and about to be stopped."""
    job = _cancellation.cancel(request.caller, _job_id(request))
    logger.info("cancelled", job_id=job.id, caller=job.caller, status=job.status)
    if job.status.is_final:  # else its worker counts it
        count("cancelled")
    return accepted(job, _forecaster)


def cancel_batch(request: Request) -> Response:
    """200 with the batch; 202 if some of its jobs are about to be stopped."""
    batch_id = _batch_id(request)
    jobs = _cancellation.cancel_all(_reader.batch(request.caller, batch_id))
    logger.info("cancelled", batch_id=batch_id, caller=request.caller)
    status = 200 if all(job.status.is_final for job in jobs) else 202
    return batch_reply(status, batch_id, jobs, _forecaster)


def retry_job(request: Request) -> Response:
    """202 with a new job for a failed one's question."""
    job = _submission.retry(request.caller, _job_id(request))
    logger.info("accepted", job_id=job.id, caller=job.caller, retry_of=_job_id(request))
    count("accepted")
    return accepted(job, _forecaster)


def issue_ticket(request: Request) -> Response:
    """A ticket for one WebSocket connection, within a minute."""
    return Response(201, _tickets.issue(request.caller))


def _job_id(request: Request) -> str:
    return request.path.get("job_id", "")


def _batch_id(request: Request) -> str:
    return request.path.get("batch_id", "")


def _view(job: Job) -> JobView:
    return JobView.of(job, _forecaster.forecast(job))


handler = Api(
    {
        "GET /jobs": list_jobs,
        "GET /jobs/{job_id}": get_job,
        "POST /jobs/{job_id}/cancel": cancel_job,
        "POST /jobs/{job_id}/retry": retry_job,
        "GET /batches/{batch_id}": get_batch,
        "POST /batches/{batch_id}/cancel": cancel_batch,
        "POST /tickets": issue_ticket,
        "GET /openapi.json": tell_contract,
    },
    parameters={"GET /jobs": LIST_PARAMETERS, "GET /jobs/{job_id}": ("wait",)},
)

started()
