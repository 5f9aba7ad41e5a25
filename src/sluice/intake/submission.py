"""Taking in questions: checked, stored, sent."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sluice.clock import Clock, to_utc
from sluice.errors import Conflict, InvalidRequest, Rejected, SluiceError, TooLarge
from sluice.ids import MOST_QUESTIONS, job_ids, new_job_id
from sluice.intake.conversation import conversation
from sluice.intake.idempotency import IdempotencyKeys
from sluice.intake.open_jobs import OpenJobLimit
from sluice.job.filters import FilterFields
from sluice.job.job import Job, JobKey, Lane, Status
from sluice.ports import JobStore, LaneCounters, Queue
from sluice.upkeep.lookup import read

if TYPE_CHECKING:  # models that only the submit function reads
    from sluice.job.batch import BatchRequest
    from sluice.job.question import Question

#: Bytes of one batch's jobs; a DynamoDB transaction bears 4 MB.
_LARGEST_BATCH = 3_500_000


@dataclass(frozen=True)
class Submission:
    """Accepts questions. After it returns, each job will end, whatever crashes.

    Every method raises StoreUnavailable, and QueueRefused: then nothing is left behind, or, with
    an idempotency key, what is left is what a repetition finds and sends.
    """

    store: JobStore
    queue: Queue
    lanes: LaneCounters
    idempotency: IdempotencyKeys
    open_jobs: OpenJobLimit
    clock: Clock
    filters: FilterFields
    #: How long a job is kept, in seconds.
    retention_seconds: int

    def submit(
        self,
        caller: str,
        question: "Question",
        *,
        key: str | None = None,
        watcher: str | None = None,
        announce: Callable[[Job], None] = lambda _: None,
    ) -> Job:
        """Store and queue a job for `caller`, or find the one of this idempotency key.

        `watcher` is a connection that is told of the job's events; `announce` is called before
        the first of them can happen.

        Raises UnsupportedFilter, KeyReused, TooManyOpenJobs, and NotFound or Conflict for a
        previous job that is not there or has no answer.
        """
        self.filters.resolve(question.filter or {})
        job_id = new_job_id(self.clock.time())
        if key is not None:
            job_id = self.idempotency.claim(caller, key, question, job_id)
            if known := self._known(caller, job_id):
                return known[0]
        lane = self.open_jobs.lane_for(caller, Lane(question.lane or Lane.INTERACTIVE))
        queue_number = self.lanes.take_numbers(lane, 1)
        job = self._job(caller, job_id, question, lane, queue_number)
        if watcher is not None:
            job = job.model_copy(update={"subscribers": frozenset([watcher])})
        return self._take_in([job], announce, keep=key is not None)[0]

    def retry(self, caller: str, job_id: str) -> Job:
        """Ask a failed job's question again, as a new job; a repetition finds that job.

        Raises InvalidId, NotFound, Conflict if it has not failed, and TooManyOpenJobs.
        """
        failed = read(self.store, caller, job_id)
        if failed.status is not Status.FAILED:
            raise Conflict(f"The job is {failed.status}; only a failed one is tried again.")
        now = self.clock.time()
        new_id = self.idempotency.claim_retry(failed.key, new_job_id(now))
        if known := self._known(caller, new_id):
            return known[0]
        self.open_jobs.check(caller, 1, failed.lane)
        asked = {"question", "filter", "metadata", "custom_id", "turns"}
        job = Job(
            **{name: getattr(failed, name) for name in asked},
            **self._fresh(caller, new_id, failed.lane, self.lanes.take_numbers(failed.lane, 1)),
        )
        return self._take_in([job], lambda _: None, keep=True)[0]

    def submit_batch(
        self, caller: str, batch: "BatchRequest", *, key: str | None = None
    ) -> tuple[str, list[Job]]:
        """Store and queue all of a batch, or find the one of this idempotency key.

        Returns the batch's id and its jobs, in order. Raises as `submit`, naming the question,
        and TooLarge.
        """
        for place, question in enumerate(batch.questions):
            with _naming(place):
                self.filters.resolve(question.filter or {})
        batch_id = new_job_id(self.clock.time())
        if key is not None:
            batch_id = self.idempotency.claim(caller, key, batch, batch_id)
            if known := self._known_batch(caller, batch_id):
                return batch_id, known
        ids = job_ids(batch_id, len(batch.questions))
        self.open_jobs.check(caller, len(ids), Lane.BULK)
        queue_number = self.lanes.take_numbers(Lane.BULK, len(ids))
        jobs = []
        for place, (job_id, question) in enumerate(zip(ids, batch.questions, strict=True)):
            with _naming(place):
                job = self._job(
                    caller, job_id, question, Lane.BULK, queue_number + place, question.custom_id
                )
            jobs.append(job.model_copy(update={"batch_id": batch_id}))
        if sum(len(job.model_dump_json().encode()) for job in jobs) > _LARGEST_BATCH:
            raise TooLarge("The batch with its conversations is too large; send it in parts.")
        return batch_id, self._take_in(jobs, lambda _: None, keep=key is not None)

    def _job(
        self,
        caller: str,
        job_id: str,
        question: "Question",
        lane: Lane,
        queue_number: int,
        custom_id: str | None = None,
    ) -> Job:
        patience = question.max_wait_seconds
        return Job(
            question=question.question,
            filter=question.filter or {},
            metadata=question.metadata,
            custom_id=custom_id,
            turns=conversation(self.store, caller, question.previous_job_id),
            begin_by=None if patience is None else self.clock.time() + patience,
            **self._fresh(caller, job_id, lane, queue_number),
        )

    def _fresh(self, caller: str, job_id: str, lane: Lane, queue_number: int) -> dict[str, Any]:
        """The fields that say when and where a job begins its life."""
        now = self.clock.time()
        return {
            "caller": caller,
            "id": job_id,
            "lane": lane,
            "queue_number": queue_number,
            "sent_at": now,
            "created_at": to_utc(now),
            "expires_at": int(now) + self.retention_seconds,
        }

    def _take_in(
        self, jobs: list[Job], announce: Callable[[Job], None], *, keep: bool
    ) -> list[Job]:
        # Store, then send: a job without a message can be sent again; a message without a
        # job cannot be answered.
        try:
            if not self.store.create(jobs):
                # The same request at the same instant was first.
                caller, batch_id = jobs[0].caller, jobs[0].batch_id
                if batch_id is not None:
                    return self._known_batch(caller, batch_id)
                return self._known(caller, jobs[0].id)
            for job in jobs:
                announce(job)
            self.queue.send([job.key for job in jobs], jobs[0].lane)
        except SluiceError:
            # Also when the store fails: it may have kept the jobs all the same.
            if not keep:
                for job in jobs:
                    self.store.remove(job.key)
            raise
        return jobs

    def _known(self, caller: str, job_id: str) -> list[Job]:
        """The job of an earlier request, if it came as far as to store it."""
        job = self.store.get(JobKey(caller=caller, job_id=job_id))
        return self._sent([job] if job else [])

    def _known_batch(self, caller: str, batch_id: str) -> list[Job]:
        """The jobs of an earlier request, if it came as far as to store them."""
        page = self.store.list(caller, batch_id=batch_id, limit=MOST_QUESTIONS)
        return self._sent(page.jobs[::-1])

    def _sent(self, jobs: list[Job]) -> list[Job]:
        """The jobs; those that may have no message, if their request died before, are sent."""
        waiting = [job.key for job in jobs if job.status is Status.QUEUED and not job.started_at]
        if waiting:
            self.queue.send(waiting, jobs[0].lane)
        return jobs


@contextmanager
def _naming(place: int) -> Iterator[None]:
    """Say which question of a batch is refused."""
    where = f"questions.{place}"
    try:
        yield
    except Rejected as error:
        fault = {"field": where, "message": error.detail}
        raise InvalidRequest(f"{where}: {error.detail}", [fault]) from error
