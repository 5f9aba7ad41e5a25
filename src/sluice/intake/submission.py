"""Accepting questions: each one is checked and stored, and its message is sent."""

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

if TYPE_CHECKING:  # at run time only the submit function and the WebSocket need these models
    from sluice.job.batch import BatchRequest
    from sluice.job.question import Question

#: The largest size of a batch's jobs, in bytes. A DynamoDB transaction may have 4 MB.
_LARGEST_BATCH = 3_500_000


@dataclass(frozen=True)
class Submission:
    """Accepts questions. Once a method has returned, its jobs will end, whatever crashes.

    Every method raises StoreUnavailable and QueueRefused.
    Then the jobs are removed again.
    With an idempotency key they are kept, and a repeated request finds and sends them.
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
        """Store and queue a job for `caller`, or find the job of this idempotency key.

        `watcher` is a connection that gets the job's events.
        `announce` is called with the job before its first event.

        Raises UnsupportedFilter, KeyReused and TooManyOpenJobs.
        Raises NotFound if the previous job does not exist, and Conflict if it has no answer.
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
        """Ask the question of a failed job again, as a new job. A second retry finds that job.

        Raises InvalidId, NotFound and TooManyOpenJobs, and Conflict if the job has not failed.
        """
        failed = read(self.store, caller, job_id)
        if failed.status is not Status.FAILED:
            raise Conflict(f"The job is {failed.status}. Only a failed job can be retried.")
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
        """Store and queue the jobs of a batch, or find the batch of this idempotency key.

        Returns the id of the batch and its jobs, in order.
        Raises TooLarge and the errors of `submit`, which name the question.
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
            raise TooLarge("The batch and its conversations are too large. Send it in parts.")
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
        longest_wait = question.max_wait_seconds
        return Job(
            question=question.question,
            filter=question.filter or {},
            metadata=question.metadata,
            custom_id=custom_id,
            turns=conversation(self.store, caller, question.previous_job_id),
            begin_by=None if longest_wait is None else self.clock.time() + longest_wait,
            **self._fresh(caller, job_id, lane, queue_number),
        )

    def _fresh(self, caller: str, job_id: str, lane: Lane, queue_number: int) -> dict[str, Any]:
        """The fields of a new job that do not come from its question."""
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
                # The same request was sent twice at the same instant, and the other was first.
                caller, batch_id = jobs[0].caller, jobs[0].batch_id
                if batch_id is not None:
                    return self._known_batch(caller, batch_id)
                return self._known(caller, jobs[0].id)
            for job in jobs:
                announce(job)
            self.queue.send([job.key for job in jobs], jobs[0].lane)
        except SluiceError:
            # This includes errors of the store: it may have kept the jobs nevertheless.
            if not keep:
                for job in jobs:
                    self.store.remove(job.key)
            raise
        return jobs

    def _known(self, caller: str, job_id: str) -> list[Job]:
        """The job that an earlier request stored, in a list, or an empty list."""
        job = self.store.get(JobKey(caller=caller, job_id=job_id))
        return self._sent([job] if job else [])

    def _known_batch(self, caller: str, batch_id: str) -> list[Job]:
        """The jobs that an earlier request stored, in order, or an empty list."""
        page = self.store.list(caller, batch_id=batch_id, limit=MOST_QUESTIONS)
        return self._sent(page.jobs[::-1])

    def _sent(self, jobs: list[Job]) -> list[Job]:
        """Send those jobs that may have no message, and return all of them.

        Their first request may have died between storing and sending.
        """
        waiting = [job.key for job in jobs if job.status is Status.QUEUED and not job.started_at]
        if waiting:
            self.queue.send(waiting, jobs[0].lane)
        return jobs


@contextmanager
def _naming(place: int) -> Iterator[None]:
    """Name the question of a batch in any refusal."""
    where = f"questions.{place}"
    try:
        yield
    except Rejected as error:
        fault = {"field": where, "message": error.detail}
        raise InvalidRequest(f"{where}: {error.detail}", [fault]) from error
