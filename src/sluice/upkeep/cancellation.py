"""Cancelling jobs: a queued job at once, a job in progress when its worker next reads it."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from sluice.clock import Clock
from sluice.errors import Conflict, SluiceError
from sluice.ids import checked_id
from sluice.job.job import Job, JobKey, Status
from sluice.ports import JobStore, Push
from sluice.push.events import job_event
from sluice.upkeep.lookup import existing

#: Statuses in which it is too late to cancel. Cancelling a cancelled job is idempotent.
_TOO_LATE = (Status.COMPLETED, Status.FAILED)


@dataclass(frozen=True)
class Cancellation:
    """Cancels jobs and notifies their watchers. Every method raises StoreUnavailable."""

    store: JobStore
    push: Push
    clock: Clock

    def cancel(self, caller: str, job_id: str) -> Job:
        """Cancel a job and return it. Idempotent.

        A job that is still in progress will be cancelled by its worker.
        Raises InvalidId, NotFound, and Conflict if the job has completed or failed.
        """
        job = existing(self.end(JobKey(caller=caller, job_id=checked_id(job_id))))
        if job.status in _TOO_LATE:
            raise Conflict(f"The job is already {job.status} and cannot be cancelled.")
        return job

    def cancel_all(self, jobs: Sequence[Job]) -> list[Job]:
        """Cancel the jobs of a batch that have not ended, and return all its jobs.

        Jobs that are still in progress will be cancelled by their workers.
        Raises Conflict if all jobs have completed or failed.
        """
        if all(job.status in _TOO_LATE for job in jobs):
            raise Conflict("All jobs of the batch have already ended and cannot be cancelled.")
        return [job if job.status.is_final else self.end(job.key) or job for job in jobs]

    def end(self, key: JobKey) -> Job | None:
        """Cancel a job if no worker holds it, or ask its worker to. Return it, or None."""
        found = self.store.cancel(key, self.clock.time())
        if found is None:
            return None
        job, watchers = found
        for connection in watchers:
            # A watcher that misses the event sees the new state when it next reads the job.
            with suppress(SluiceError):
                self.push.post(connection, job_event(job).encode())
        return job
