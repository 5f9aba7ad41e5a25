"""Service: the four calls a burst makes. `Sluice` has them; a test may hand in anything else."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from sluice_client.api.batch import Batch
from sluice_client.api.job import Job
from sluice_client.api.question import BatchQuestion


class Service(Protocol):
    """The service as a burst sees it. The calls and their errors are those of `Sluice`."""

    def submit_batch(
        self, questions: Iterable[BatchQuestion], idempotency_key: str | None = None
    ) -> Batch:
        """Submit 1 to 100 questions and return their batch."""
        ...

    def batch(self, batch_id: str) -> Batch:
        """Return the batch as it is now."""
        ...

    def job(self, job_id: str) -> Job:
        """Return the job as it is now."""
        ...

    def all_jobs(
        self, status: str | None = None, page_size: int | None = None, batch_id: str | None = None
    ) -> Iterator[Job]:
        """Yield jobs, newest first."""
        ...
