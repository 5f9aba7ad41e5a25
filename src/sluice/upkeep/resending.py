"""Rescue of queued jobs, whenever somebody looks at one.

A job whose submission died between store and send has no message, so no worker will ever find
it: its message is sent again once its turn should long have come. A job that was not to begin so
late is cancelled.
"""

from contextlib import suppress
from dataclasses import dataclass

from sluice.clock import Clock
from sluice.errors import SluiceError
from sluice.job.job import Job, Status
from sluice.pace.forecaster import Outlook
from sluice.ports import JobStore, Queue
from sluice.upkeep.cancellation import Cancellation

#: Seconds after which a message may be missing; each sending doubles them. A second message
#: does no harm, but costs a delivery.
_PATIENCE = 30
#: So many times the expected wait may pass.
_TIMES_EXPECTED = 3


@dataclass(frozen=True)
class Resender:
    """Helps queued jobs on."""

    store: JobStore
    queue: Queue
    cancellation: Cancellation
    clock: Clock

    def look_after(self, job: Job, outlook: Outlook) -> Job:
        """The job, as it is after what had to be done for it. Fails at nothing."""
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
        if job.started_at is not None or waited < _PATIENCE * 2**job.sends:
            return False
        return waited > outlook.of(job).estimated_wait_seconds * _TIMES_EXPECTED
