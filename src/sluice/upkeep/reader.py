"""Reading jobs: one at once, one when it has ended, a list, or a batch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sluice.clock import Clock
from sluice.errors import BatchNotFound
from sluice.ids import MOST_QUESTIONS, checked_id
from sluice.job.job import Job, Status
from sluice.pace.forecaster import Forecaster, Outlook
from sluice.ports import JobPage, JobStore
from sluice.upkeep.lookup import read
from sluice.upkeep.resending import Resender

#: Seconds between reads while waiting. The first pause is short, because many answers are quick.
_FIRST_PAUSE, _LAST_PAUSE = 0.2, 1.0


@dataclass(frozen=True)
class JobReader:
    """Reads jobs for their callers. Each read re-sends a message that seems to be lost."""

    store: JobStore
    resender: Resender
    forecaster: Forecaster
    clock: Clock

    def get(self, caller: str, job_id: str) -> Job:
        """The job as it is now. Raises InvalidId or NotFound."""
        return self._get(caller, job_id, self.forecaster.outlook())

    def wait(
        self,
        caller: str,
        job_id: str,
        seconds: float,
        enough: Callable[[Job], bool] = lambda _: False,
    ) -> Job:
        """Wait until the job has ended or satisfies `enough`, at most `seconds`, and return it.

        Raises InvalidId or NotFound.
        """
        end = self.clock.time() + seconds
        pause, outlook = _FIRST_PAUSE, self.forecaster.outlook()
        while True:
            job = self._get(caller, job_id, outlook)
            left = end - self.clock.time()
            if job.status.is_final or left <= 0 or enough(job):
                return job
            self.clock.sleep(min(pause, left))
            pause = min(pause * 1.5, _LAST_PAUSE)

    def batch(self, caller: str, batch_id: str) -> list[Job]:
        """The jobs of a batch as they are now, in the order of its questions.

        Raises InvalidId or BatchNotFound.
        """
        page = self.store.list(caller, batch_id=checked_id(batch_id), limit=MOST_QUESTIONS)
        if not page.jobs:
            raise BatchNotFound("No batch of yours has this id, or it has expired.")
        return self._look_after(page.jobs[::-1])

    def _get(self, caller: str, job_id: str, outlook: Outlook) -> Job:
        return self.resender.look_after(read(self.store, caller, job_id), outlook)

    def _look_after(self, jobs: Sequence[Job]) -> list[Job]:
        outlook = self.forecaster.outlook()
        return [self.resender.look_after(job, outlook) for job in jobs]

    # This method is the last one, because its name hides the type `list` in what follows.
    def list(
        self,
        caller: str,
        *,
        limit: int,
        status: Status | None = None,
        batch_id: str | None = None,
        after: str | None = None,
    ) -> JobPage:
        """At most `limit` of the caller's jobs, newest first, continuing after the job `after`."""
        page = self.store.list(caller, limit=limit, status=status, batch_id=batch_id, after=after)
        # A caller whose submission got no response does not know the job's id. It can find the job
        # only in this list, so a lost message is re-sent here too.
        return replace(page, jobs=self._look_after(page.jobs))
