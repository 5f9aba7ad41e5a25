"""Cancelling: a queued job at once, one in progress at its worker's next look."""

from dataclasses import dataclass

from sluice.clock import Clock
from sluice.ending import cancel
from sluice.errors import Conflict
from sluice.job import Job, JobKey, Status
from sluice.reading import JobReader, checked_id, existing
from sluice.seams import JobStore, Push


@dataclass(frozen=True)
class Cancellation:
    """Cancels jobs for their callers, and tells who watched them."""

    store: JobStore
    reader: JobReader
    push: Push
    clock: Clock

    def cancel(self, caller: str, job_id: str) -> Job:
        """The job, cancelled, or in progress and soon to be. Once more is no error.

        Raises InvalidId, NotFound, and Conflict if it had completed or failed.
        """
        job = existing(self._end(JobKey(caller=caller, job_id=checked_id(job_id))))
        if job.status in (Status.COMPLETED, Status.FAILED):
            raise Conflict(f"The job is {job.status} already.")
        return job

    def cancel_batch(self, caller: str, batch_id: str) -> list[Job]:
        """A batch's jobs, those that had not ended cancelled or soon to be.

        Raises InvalidId, BatchNotFound, and Conflict if all had completed or failed.
        """
        jobs = self.reader.batch(caller, batch_id)
        if all(job.status in (Status.COMPLETED, Status.FAILED) for job in jobs):
            raise Conflict("All jobs of the batch have ended already.")
        return [job if job.status.is_final else self._end(job.key) or job for job in jobs]

    def _end(self, key: JobKey) -> Job | None:
        return cancel(self.store, self.push, key, self.clock.time())
