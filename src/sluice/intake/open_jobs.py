"""OpenJobLimit: how many jobs a caller may have open, and from how many on it steps aside.

This holds between callers whatever the queues do: SQS's fair queues take some time to notice.
"""

from dataclasses import dataclass

from sluice.errors import TooLarge, TooManyOpenJobs
from sluice.job.job import Lane
from sluice.job.question import Question
from sluice.pace.forecaster import Forecaster
from sluice.ports import JobStore

#: The bounds of Retry-After, in seconds.
_SOONEST, _LATEST = 1, 120


@dataclass(frozen=True)
class OpenJobLimit:
    """OpenJobLimit for callers' jobs."""

    store: JobStore
    forecaster: Forecaster
    #: Jobs that one caller may have open; 0 for any number.
    most_open: int
    #: From so many open jobs on a caller's questions go to the bulk lane.
    many_open: int

    def lane_for(self, caller: str, question: Question) -> Lane:
        """The lane for one more question. Raises TooManyOpenJobs."""
        wanted = Lane(question.lane or Lane.INTERACTIVE)
        open_jobs = self.check(caller, 1, wanted)
        return Lane.BULK if open_jobs >= self.many_open else wanted

    def check(self, caller: str, more: int, lane: Lane) -> int:
        """How many jobs the caller has open, counted as far as it matters.

        Raises TooManyOpenJobs if there is no room for `more`, TooLarge if there never is.
        """
        if self.most_open and more > self.most_open:
            raise TooLarge(f"You may have {self.most_open} jobs open: send fewer at once.")
        open_jobs = self.store.count_open(caller, max(self.most_open, self.many_open))
        over = open_jobs + more - self.most_open
        if self.most_open and over > 0:
            wait = self.forecaster.outlook().wait(over, lane)
            raise TooManyOpenJobs(
                f"You have {open_jobs} jobs open, and {self.most_open} may be: wait for some.",
                retry_after=round(min(max(wait, _SOONEST), _LATEST)),
            )
        return open_jobs
