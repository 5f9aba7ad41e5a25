"""POST /jobs and POST /batches: takes questions in and answers at once with their jobs."""

from runtime.start import started

# isort: split
from runtime.http import Api, Request, Response, parse
from runtime.preferences import idempotency_key, wait_preference
from runtime.replies import accepted, batch_reply
from runtime.settings import Settings
from runtime.telemetry import count, logger
from runtime.wiring import Wiring
from sluice.job.batch import BatchRequest
from sluice.job.question import Question

_wiring = Wiring(Settings.load())
_submission = _wiring.submission
_reader = _wiring.reader
_forecaster = _wiring.forecaster


def submit_job(request: Request) -> Response:
    """202 with the job; with `Prefer: wait=N`, 200 with the finished one if it makes it."""
    wait = wait_preference(request)
    question = parse(Question, request)
    job = _submission.submit(request.caller, question, key=idempotency_key(request))
    logger.info("accepted", job_id=job.id, caller=job.caller, lane=job.lane)
    count("accepted")
    if wait:
        job = _reader.wait(job.caller, job.id, wait)
    return accepted(job, _forecaster)


def submit_batch(request: Request) -> Response:
    """202 with the batch: all its questions, or none."""
    batch = parse(BatchRequest, request)
    key = idempotency_key(request)
    batch_id, jobs = _submission.submit_batch(request.caller, batch, key=key)
    logger.info("accepted", batch_id=batch_id, caller=request.caller, jobs=len(jobs))
    count("accepted", len(jobs))
    return batch_reply(202, batch_id, jobs, _forecaster)


handler = Api({"POST /jobs": submit_job, "POST /batches": submit_batch})

started()
