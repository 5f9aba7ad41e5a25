"""Re-sending lost messages: whenever a queued job is read, its message may be sent again.

A job whose submission died between storing and sending has no message, so no worker finds it.
Its message is sent again once the job has waited much longer than expected.
A job that has not started by its time limit is cancelled instead.
"""

from contextlib import suppress
from dataclasses import dataclass

from sluice.clock import Clock
from sluice.errors import SluiceError
from sluice.job.job import Job, Status
from sluice.pace.forecaster import Outlook
from sluice.ports import JobStore, Queue
from sluice.upkeep.cancellation import Cancellation

#: A message is sent again after this time in seconds, doubled with each sending.
#: A second message does no harm, but costs a delivery.
_FIRST_WAIT = 30
#: A message is sent again only after this multiple of the expected wait.
_TIMES_EXPECTED = 3


@dataclass(frozen=True)
class Resender:
    """Re-sends the messages of queued jobs, and cancels those that are too late to start."""

    store: JobStore
    queue: Queue
    cancellation: Cancellation
    clock: Clock

    def look_after(self, job: Job, outlook: Outlook) -> Job:
        """Re-send or cancel the job if necessary, and return it. Raises no SluiceError."""
        if job.status is Status.QUEUED:
            now = self.clock.time()
            with suppress(SluiceError):
                if job.is_unwanted(now):
                    return self.cancellation.end(job.key) or job
                if self._may_be_lost(job, outlook, now) and self.store.note_sending(job, now):
                    self.queue.send([job.key], job.lane)
        return job

    def _may_be_lost(self, job: Job, outlook: Outlook, now: float) -> bool:
        waited = now - job.sent_at
        if job.started_at is not None or waited < _FIRST_WAIT * 2**job.sends:
            return False
        return waited > outlook.of(job).estimated_wait_seconds * _TIMES_EXPECTED
