"""POST /jobs: takes a question in and answers at once with the job."""

from runtime.start import started

# isort: split
from runtime.http import Api, Request, Response, parse
from runtime.preferences import wait_preference
from runtime.settings import Settings
from runtime.telemetry import logger
from runtime.wiring import Wiring
from sluice.question import Question
from sluice.view import JobView

_wiring = Wiring(Settings.load())
_submission = _wiring.submission()
_reader = _wiring.reader()
_forecaster = _wiring.forecaster()


def submit_job(request: Request) -> Response:
    """202 with the job; with `Prefer: wait=N`, 200 with the finished one if it makes it."""
    wait = wait_preference(request)
    job = _submission.submit(request.caller, parse(Question, request))
    logger.info("accepted", job_id=job.id, caller=job.caller, lane=job.lane)
    if wait:
        job = _reader.wait(job.caller, job.id, wait)
    forecast = _forecaster.forecast(job)
    headers = {"Location": f"/jobs/{job.id}"}
    if forecast.retry_after_seconds is not None:
        headers["Retry-After"] = str(forecast.retry_after_seconds)
    return Response(200 if job.status.is_final else 202, JobView.of(job, forecast), headers)


handler = Api({"POST /jobs": submit_job})

started()
