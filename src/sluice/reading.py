"""Looking at jobs: one, a list, or one when it is done."""

from collections.abc import Callable
from dataclasses import dataclass

from sluice.clock import Clock
from sluice.errors import InvalidId, NotFound
from sluice.ids import is_job_id
from sluice.job import Job, JobKey, Status
from sluice.seams import JobPage, JobStore

#: Seconds between looks while waiting: soon at first, since many answers are.
_FIRST_LOOK, _LAST_LOOK = 0.2, 1.0


@dataclass(frozen=True)
class JobReader:
    """Reads jobs for their callers."""

    store: JobStore
    clock: Clock

    def get(self, caller: str, job_id: str) -> Job:
        """The job now. Raises InvalidId or NotFound."""
        if not is_job_id(job_id):
            raise InvalidId("A job id looks like 01980a3e-5b1c-7c3d-9e2f-0123456789ab.")
        job = self.store.get(JobKey(caller=caller, job_id=job_id))
        if job is None:
            raise NotFound("No job of yours has this id, or it has expired.")
        return job

    def wait(
        self,
        caller: str,
        job_id: str,
        seconds: float,
        enough: Callable[[Job], bool] = lambda _: False,
    ) -> Job:
        """The job once it has ended or is `enough`, or as it is after `seconds`."""
        end = self.clock.time() + seconds
        pause = _FIRST_LOOK
        while True:
            job = self.get(caller, job_id)
            left = end - self.clock.time()
            if job.status.is_final or left <= 0 or enough(job):
                return job
            self.clock.sleep(min(pause, left))
            pause = min(pause * 1.5, _LAST_LOOK)

    def list(self, caller: str, *, status: Status | None, limit: int, after: str | None) -> JobPage:
        """At most `limit` of the caller's jobs, newest first, after the job id `after`."""
        return self.store.list(caller, status=status, limit=limit, after=after)
