"""Collection: the answers of a batch that have come since it was last looked at."""

from collections import Counter
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from itertools import islice

from sluice_client.api.batch import Batch
from sluice_client.api.errors import Refused
from sluice_client.api.job import QUEUED, Job
from sluice_client.burst.service import Service
from sluice_client.burst.submission import Ask, Bundle
from sluice_client.transport.clock import Timepiece

#: Seconds between two looks at a batch at least.
_SHORTEST = 1.0

#: Jobs of a page.
_PAGE = 100


class OpenBatch:
    """A batch at the service, of which answers are `missing`, by custom_id.

    `is_new`: it was accepted in this run, and so the service must know it.
    """

    def __init__(
        self, bundle: Bundle, missing: Mapping[str, Ask], batch_id: str, *, is_new: bool = False
    ) -> None:
        self.bundle = bundle
        self.missing = dict(missing)
        self.id = batch_id
        self.is_new = is_new
        #: On the monotonic clock: when it was last looked at, when the service wants the next
        #: look to be, and when it expects the last answer.
        self.seen = self.due = self.expected_end = float("-inf")
        self.has_begun = False

    def saw(self, batch: Batch, now: float) -> None:
        """Take note of how it stands."""
        self.seen = now
        self.due = now + max(batch.retry_after or 0.0, _SHORTEST)
        self.expected_end = now + (batch.estimated_wait_seconds or 0.0)
        self.has_begun = any(job.status != QUEUED for job in batch.jobs)


def collect(
    batch: OpenBatch, service: Service, clock: Timepiece, record: Callable[[Ask, Job], None]
) -> Sequence[Ask]:
    """Record what has ended; return what the service does not have (any more)."""
    try:
        told = service.batch(batch.id)
    except Refused as error:
        if batch.is_new or error.problem.name != "batch-not-found":
            raise
        return list(batch.missing.values())
    batch.saw(told, clock.monotonic())
    known = {job.custom_id for job in told.jobs}
    gone = [ask for name, ask in batch.missing.items() if name not in known]
    ended = {
        job.id: batch.missing[job.custom_id]
        for job in told.jobs
        if job.finished and job.custom_id in batch.missing
    }
    for status, count in Counter(job.status for job in told.jobs if job.id in ended).items():
        for job in _ended(service, batch.id, status, count, ended):
            record(ended.pop(job.id), job)
    # The list may lag behind the batch; when nothing more can come it is asked no more.
    return gone + (_one_by_one(service, ended, record) if told.finished else [])


def _ended(
    service: Service, batch_id: str, status: str | None, count: int, of: Container[str]
) -> Iterator[Job]:
    """Yield so many of the batch's jobs that have ended so, if the list has them."""
    # Newest first: what has ended since the last look is mostly at the beginning.
    jobs = service.all_jobs(status, min(count, _PAGE), batch_id)
    return islice((job for job in jobs if job.finished and job.id in of), count)


def _one_by_one(
    service: Service, ended: Mapping[str, Ask], record: Callable[[Ask, Job], None]
) -> list[Ask]:
    gone = []
    for job_id, ask in ended.items():
        try:
            job = service.job(job_id)
        except Refused as error:
            if error.status != 404:
                raise
            gone.append(ask)
        else:
            record(ask, job)
    return gone
