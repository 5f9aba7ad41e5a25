"""Finding one job of a caller's."""

from sluice.errors import NotFound
from sluice.ids import checked_id
from sluice.job.job import Job, JobKey
from sluice.ports import JobStore


def read(store: JobStore, caller: str, job_id: str) -> Job:
    """A caller's job now. Raises InvalidId or NotFound."""
    return existing(store.get(JobKey(caller=caller, job_id=checked_id(job_id))))


def existing(job: Job | None) -> Job:
    """The job, if it is there. Raises NotFound."""
    if job is None:
        raise NotFound("No job of yours has this id, or it has expired.")
    return job
