"""Cancelling jobs: a queued one at once, one in progress at its worker's next look."""

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

_ENDED_WITHOUT_US = (Status.COMPLETED, Status.FAILED)


@dataclass(frozen=True)
class Cancellation:
    """Cancels jobs and notifies their watchers. Every method raises StoreUnavailable."""

    store: JobStore
    push: Push
    clock: Clock

    def cancel(self, caller: str, job_id: str) -> Job:
        """The job, cancelled, or in progress and about to be. Idempotent.

        Raises InvalidId, NotFound, and Conflict if the job has completed or failed.
        """
        job = existing(self.end(JobKey(caller=caller, job_id=checked_id(job_id))))
        if job.status in _ENDED_WITHOUT_US:
            raise Conflict(f"The job is {job.status} already.")
        return job

    def cancel_all(self, jobs: Sequence[Job]) -> list[Job]:
        """A batch's jobs: those that had not ended are cancelled or about to be.

        Raises Conflict if all have completed or failed.
        """
        if all(job.status in _ENDED_WITHOUT_US for job in jobs):
            raise Conflict("All jobs of the batch have ended already.")
        return [job if job.status.is_final else self.end(job.key) or job for job in jobs]

    def end(self, key: JobKey) -> Job | None:
        """The job, cancelled unless it had ended or a worker holds it; None if there is none."""
        found = self.store.cancel(key, self.clock.time())
        if found is None:
            return None
        job, watchers = found
        for connection in watchers:
            # A watcher who misses the event sees the new state at its next look.
            with suppress(SluiceError):
                self.push.post(connection, job_event(job).encode())
        return job
