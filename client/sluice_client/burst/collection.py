"""Collection: the answers of a batch that arrived since it was last polled."""

from collections import Counter
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from itertools import islice

from sluice_client.api.batch import Batch
from sluice_client.api.errors import Refused
from sluice_client.api.job import QUEUED, Job
from sluice_client.burst.service import Service
from sluice_client.burst.submission import Submission, SubmissionBatch
from sluice_client.transport.clock import TimeSource

#: Seconds between two polls of a batch at least.
_SHORTEST = 1.0

#: Jobs of a page.
_PAGE = 100


class OpenBatch:
    """A batch at the service, with the submissions whose answers are `missing`, by custom_id.

    `is_new`: it was accepted in this run, so the service must know it.
    """

    def __init__(
        self,
        submitted: SubmissionBatch,
        missing: Mapping[str, Submission],
        batch_id: str,
        *,
        is_new: bool = False,
    ) -> None:
        self.submitted = submitted
        self.missing = dict(missing)
        self.id = batch_id
        self.is_new = is_new
        #: On the monotonic clock: when it was last polled, when the service asks for the next
        #: poll, and when it expects the last answer.
        self.seen = self.due = self.expected_end = float("-inf")
        self.has_started = False

    def polled(self, reported: Batch, now: float) -> None:
        """Record what the service reported."""
        self.seen = now
        self.due = now + max(reported.retry_after or 0.0, _SHORTEST)
        self.expected_end = now + (reported.estimated_wait_seconds or 0.0)
        self.has_started = any(job.status != QUEUED for job in reported.jobs)


def collect(
    batch: OpenBatch, service: Service, clock: TimeSource, record: Callable[[Submission, Job], None]
) -> Sequence[Submission]:
    """Record the jobs that have ended. Return the submissions that the service does not have."""
    try:
        reported = service.batch(batch.id)
    except Refused as error:
        if batch.is_new or error.problem.name != "batch-not-found":
            raise
        return list(batch.missing.values())
    batch.polled(reported, clock.monotonic())
    known = {job.custom_id for job in reported.jobs}
    gone = [one for name, one in batch.missing.items() if name not in known]
    ended = {
        job.id: batch.missing[job.custom_id]
        for job in reported.jobs
        if job.finished and job.custom_id in batch.missing
    }
    for status, count in Counter(job.status for job in reported.jobs if job.id in ended).items():
        for job in _listed(service, batch.id, status, count, ended):
            record(ended.pop(job.id), job)
    # The list may lag behind the batch. Once the batch has ended, it is not listed again.
    return gone + (_one_by_one(service, ended, record) if reported.finished else [])


def _listed(
    service: Service, batch_id: str, status: str | None, count: int, of: Container[str]
) -> Iterator[Job]:
    """Yield up to `count` finished jobs of the batch from the list of jobs."""
    # Newest first: what has ended since the last poll is mostly at the beginning.
    jobs = service.all_jobs(status, min(count, _PAGE), batch_id)
    return islice((job for job in jobs if job.finished and job.id in of), count)


def _one_by_one(
    service: Service,
    ended: Mapping[str, Submission],
    record: Callable[[Submission, Job], None],
) -> list[Submission]:
    gone = []
    for job_id, submission in ended.items():
        try:
            job = service.job(job_id)
        except Refused as error:
            if error.status != 404:
                raise
            gone.append(submission)
        else:
            record(submission, job)
    return gone
