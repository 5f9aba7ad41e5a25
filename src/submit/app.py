"""POST /jobs and POST /batches: accepts questions and returns their jobs at once."""

from runtime.start import started

# isort: split
from runtime.aws import AwsAdapters
from runtime.http import Api, Request, Response, parse
from runtime.preferences import idempotency_key, wait_preference
from runtime.replies import accepted, batch_reply
from runtime.settings import Settings
from runtime.telemetry import count, logger
from runtime.wiring import Wiring
from sluice.job.batch import BatchRequest
from sluice.job.question import Question


class SubmitApi:
    """The routes of this function."""

    def __init__(self, wiring: Wiring) -> None:
        self._submission = wiring.submission
        self._reader = wiring.reader
        self._forecaster = wiring.forecaster

    def api(self) -> Api:
        return Api({"POST /jobs": self.submit_job, "POST /batches": self.submit_batch})

    def submit_job(self, request: Request) -> Response:
        """202 with the job. With `Prefer: wait=N`, 200 with the finished job if it ends in time."""
        wait = wait_preference(request)
        question = parse(Question, request)
        job = self._submission.submit(request.caller, question, key=idempotency_key(request))
        logger.info("accepted", job_id=job.id, caller=job.caller, lane=job.lane)
        count("accepted")
        if wait:
            job = self._reader.wait(job.caller, job.id, wait)
        return accepted(job, self._forecaster)

    def submit_batch(self, request: Request) -> Response:
        """202 with the batch. All its questions are accepted, or none."""
        batch = parse(BatchRequest, request)
        key = idempotency_key(request)
        batch_id, jobs = self._submission.submit_batch(request.caller, batch, key=key)
        logger.info("accepted", batch_id=batch_id, caller=request.caller, jobs=len(jobs))
        count("accepted", len(jobs))
        return batch_reply(202, batch_id, jobs, self._forecaster)


def _on_aws() -> Api:
    settings = Settings.load()
    adapters = AwsAdapters(settings)
    adapters.connect_queue()
    return SubmitApi(Wiring(settings, adapters)).api()


handler = _on_aws()

started()
