"""Finding one job of a caller."""

from sluice.errors import NotFound
from sluice.ids import checked_id
from sluice.job.job import Job, JobKey
from sluice.ports import JobStore


def read(store: JobStore, caller: str, job_id: str) -> Job:
    """A job of the caller as it is now. Raises InvalidId or NotFound."""
    return existing(store.get(JobKey(caller=caller, job_id=checked_id(job_id))))


def existing(job: Job | None) -> Job:
    """The job. Raises NotFound if it is None."""
    if job is None:
        raise NotFound("No job of yours has this id, or it has expired.")
    return job
