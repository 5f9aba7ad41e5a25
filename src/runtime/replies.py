"""Responses that show jobs and batches."""

from collections.abc import Sequence

from runtime.http import Response
from sluice.job.forecast import Forecast
from sluice.job.job import Job
from sluice.job.views import BatchView, JobView
from sluice.pace.forecaster import Forecaster


def accepted(job: Job, forecaster: Forecaster) -> Response:
    """202 with the job and its `Location`, or 200 if the job has ended."""
    forecast = forecaster.forecast(job)
    headers = {"Location": f"/jobs/{job.id}", **retry_after(forecast)}
    return Response(200 if job.status.is_final else 202, JobView.of(job, forecast), headers)


def batch_reply(
    status: int, batch_id: str, jobs: Sequence[Job], forecaster: Forecaster
) -> Response:
    """The batch with its counts. Its `Retry-After` is that of the open job that starts last."""
    still_open = [job for job in jobs if not job.status.is_final]
    last = max(still_open, key=lambda job: job.queue_number, default=jobs[-1])
    forecast = forecaster.forecast(last)
    headers = {"Location": f"/batches/{batch_id}", **retry_after(forecast)}
    return Response(status, BatchView.of(batch_id, jobs, forecast), headers)


def retry_after(forecast: Forecast) -> dict[str, str]:
    """The header Retry-After, or no header if the job has ended."""
    seconds = forecast.retry_after_seconds
    return {} if seconds is None else {"Retry-After": str(seconds)}
