"""The limit of a caller's open jobs, and the number of them that sends it to the bulk lane.

SQS's fair queues separate callers too, but they take some time to notice a burst.
"""

from dataclasses import dataclass

from sluice.errors import TooLarge, TooManyOpenJobs
from sluice.job.job import Lane
from sluice.pace.forecaster import Forecaster
from sluice.ports import JobStore

#: The smallest and the largest Retry-After, in seconds.
_SOONEST, _LATEST = 1, 120


@dataclass(frozen=True)
class OpenJobLimit:
    """Limits the open jobs of each caller. Every method may also raise StoreUnavailable."""

    store: JobStore
    forecaster: Forecaster
    #: Jobs that one caller may have open. 0 means no limit.
    most_open: int
    #: A caller with this many open interactive jobs is sent to the bulk lane.
    many_open: int

    def lane_for(self, caller: str, wanted: Lane) -> Lane:
        """The lane for one more question of the caller. Raises TooManyOpenJobs.

        Only open interactive jobs send a question to the bulk lane.
        An application may use one key for its users and its batches, and the batches must not
        delay the users.
        """
        interactive = self.check(caller, 1, wanted)
        if wanted is Lane.BULK:
            return wanted
        if interactive is None:
            interactive = self.store.count_open(caller, Lane.INTERACTIVE, self.many_open)
        return Lane.BULK if interactive >= self.many_open else wanted

    def check(self, caller: str, more: int, lane: Lane) -> int | None:
        """The caller's open interactive jobs, or None if there is no limit to count for.

        Raises TooManyOpenJobs if `more` jobs exceed the limit now, and TooLarge if they would
        exceed it even without any open job.
        """
        if not self.most_open:
            return None
        if more > self.most_open:
            raise TooLarge(
                f"You may have {self.most_open} open jobs. Send fewer questions at once."
            )
        interactive = self.store.count_open(caller, Lane.INTERACTIVE, self.most_open)
        bulk = self.store.count_open(caller, Lane.BULK, self.most_open - interactive)
        open_jobs = interactive + bulk
        over = open_jobs + more - self.most_open
        if over > 0:
            wait = self.forecaster.outlook().wait(over, lane)
            raise TooManyOpenJobs(
                f"You have {open_jobs} open jobs and the limit is {self.most_open}. "
                "Wait until some of them have ended.",
                retry_after=round(min(max(wait, _SOONEST), _LATEST)),
            )
        return interactive
