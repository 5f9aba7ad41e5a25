"""Everything about existing jobs and batches: read, list, cancel, retry. Also issues tickets."""

from runtime.start import started

# isort: split
from runtime.aws import AwsAdapters
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


class StatusApi:
    """The routes of this function."""

    def __init__(self, wiring: Wiring) -> None:
        self._reader = wiring.reader
        self._forecaster = wiring.forecaster
        self._tickets = wiring.tickets
        self._cancellation = wiring.cancellation
        self._submission = wiring.submission

    def api(self) -> Api:
        return Api(
            {
                "GET /jobs": self.list_jobs,
                "GET /jobs/{job_id}": self.get_job,
                "POST /jobs/{job_id}/cancel": self.cancel_job,
                "POST /jobs/{job_id}/retry": self.retry_job,
                "GET /batches/{batch_id}": self.get_batch,
                "POST /batches/{batch_id}/cancel": self.cancel_batch,
                "POST /tickets": self.issue_ticket,
                "GET /openapi.json": tell_contract,
            },
            parameters={"GET /jobs": LIST_PARAMETERS, "GET /jobs/{job_id}": ("wait",)},
        )

    def get_job(self, request: Request) -> Response:
        """200 with the job, whether or not it has ended. 304 if the caller's ETag is current.

        With `?wait=N`, the response waits N seconds at most.
        It waits until the job has ended or, with If-None-Match, has changed.
        """
        known = request.headers.get("if-none-match", "")

        def has_changed(job: Job) -> bool:
            return bool(known) and not matches(known, etag(self._view(job)))

        wait = wait_parameter(request)
        job = self._reader.wait(request.caller, _job_id(request), wait, enough=has_changed)
        forecast = self._forecaster.forecast(job)
        view = JobView.of(job, forecast)
        headers = {"ETag": etag(view), **retry_after(forecast)}
        if known and matches(known, headers["ETag"]):
            return Response(304, None, headers)
        return Response(200, view, headers)

    def list_jobs(self, request: Request) -> Response:
        """200 with a page of the caller's jobs, newest first."""
        page = self._reader.list(request.caller, **list_parameters(request))
        return Response(200, job_list(page, self._forecaster))

    def get_batch(self, request: Request) -> Response:
        """200 with the batch, which counts its jobs by status."""
        batch_id = _batch_id(request)
        return batch_reply(
            200, batch_id, self._reader.batch(request.caller, batch_id), self._forecaster
        )

    def cancel_job(self, request: Request) -> Response:
        """200 with the cancelled job. 202 if a worker is answering it and is about to stop."""
        job = self._cancellation.cancel(request.caller, _job_id(request))
        logger.info("cancelled", job_id=job.id, caller=job.caller, status=job.status)
        if job.status.is_final:  # otherwise its worker counts it
            count("cancelled")
        return accepted(job, self._forecaster)

    def cancel_batch(self, request: Request) -> Response:
        """200 with the batch. 202 if workers are answering some of its jobs and about to stop."""
        batch_id = _batch_id(request)
        jobs = self._cancellation.cancel_all(self._reader.batch(request.caller, batch_id))
        logger.info("cancelled", batch_id=batch_id, caller=request.caller)
        status = 200 if all(job.status.is_final for job in jobs) else 202
        return batch_reply(status, batch_id, jobs, self._forecaster)

    def retry_job(self, request: Request) -> Response:
        """202 with a new job for a failed job's question. 200 if an earlier retry has ended."""
        job = self._submission.retry(request.caller, _job_id(request))
        logger.info("accepted", job_id=job.id, caller=job.caller, retry_of=_job_id(request))
        count("accepted")
        return accepted(job, self._forecaster)

    def issue_ticket(self, request: Request) -> Response:
        """201 with a ticket, which opens one WebSocket connection within a minute."""
        return Response(201, self._tickets.issue(request.caller))

    def _view(self, job: Job) -> JobView:
        return JobView.of(job, self._forecaster.forecast(job))


def _job_id(request: Request) -> str:
    return request.path.get("job_id", "")


def _batch_id(request: Request) -> str:
    return request.path.get("batch_id", "")


def _on_aws() -> Api:
    settings = Settings.load()
    return StatusApi(Wiring(settings, AwsAdapters(settings))).api()


handler = _on_aws()

started()
