"""How many jobs a caller may have open, and from how many on it steps aside.

This holds between callers whatever the queues do: SQS's fair queues take some time to notice.
"""

from dataclasses import dataclass

from sluice.errors import TooLarge, TooManyOpenJobs
from sluice.job.job import Lane
from sluice.pace.forecaster import Forecaster
from sluice.ports import JobStore

#: The bounds of Retry-After, in seconds.
_SOONEST, _LATEST = 1, 120


@dataclass(frozen=True)
class OpenJobLimit:
    """Limits callers' open jobs. Its methods raise StoreUnavailable too."""

    store: JobStore
    forecaster: Forecaster
    #: Jobs that one caller may have open; 0 for any number.
    most_open: int
    #: A caller with this many open interactive jobs is sent to the bulk lane.
    many_open: int

    def lane_for(self, caller: str, wanted: Lane) -> Lane:
        """The lane for one more question. Raises TooManyOpenJobs.

        Only interactive jobs demote a question: an application has one key for its people and its
        bulk work, and a batch of its own must not delay them.
        """
        self.check(caller, 1, wanted)
        if wanted is Lane.BULK:
            return wanted
        interactive = self.store.count_open(caller, wanted, self.many_open)
        return Lane.BULK if interactive >= self.many_open else wanted

    def check(self, caller: str, more: int, lane: Lane) -> None:
        """Raise TooManyOpenJobs if `more` jobs exceed the limit now, TooLarge if they always do."""
        if not self.most_open:
            return
        if more > self.most_open:
            raise TooLarge(f"You may have {self.most_open} jobs open: send fewer at once.")
        open_jobs = 0
        for each in Lane:
            open_jobs += self.store.count_open(caller, each, self.most_open - open_jobs)
        over = open_jobs + more - self.most_open
        if over > 0:
            wait = self.forecaster.outlook().wait(over, lane)
            raise TooManyOpenJobs(
                f"You have {open_jobs} open jobs and the limit is {self.most_open}: "
                "wait until some have ended.",
                retry_after=round(min(max(wait, _SOONEST), _LATEST)),
            )
