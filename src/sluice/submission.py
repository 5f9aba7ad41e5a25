"""Taking in questions: checked, stored, sent."""

from collections.abc import Callable
from dataclasses import dataclass

from sluice.clock import Clock, to_utc
from sluice.errors import Conflict, NotFound, SluiceError
from sluice.filters import FilterFields
from sluice.ids import new_job_id
from sluice.job import Job, JobKey, Lane, Status
from sluice.prompt import Turn
from sluice.question import Question
from sluice.seams import JobStore, LaneBook, Queue

#: How much of a conversation a follow-up brings along.
_TURNS = 5
#: An answer's part in a conversation, in characters: enough to know what "it" is.
_TURN_CHARACTERS = 2_000


@dataclass(frozen=True)
class Submission:
    """Accepts questions. After `submit` returns, the job will end, whatever crashes."""

    store: JobStore
    queue: Queue
    lanes: LaneBook
    clock: Clock
    filters: FilterFields
    #: How long a job is kept, in seconds.
    retention_seconds: int

    def submit(
        self,
        caller: str,
        question: Question,
        *,
        watcher: str | None = None,
        announce: Callable[[Job], None] = lambda _: None,
    ) -> Job:
        """Store and queue a job for `caller`.

        `watcher` is a connection that is told of the job's events; `announce` is called before
        the first of them can happen.

        Raises UnsupportedFilter, NotFound or Conflict for a previous job that is not there or has
        no answer, StoreUnavailable, and QueueRefused with nothing left behind.
        """
        wanted = question.filter or {}
        self.filters.resolve(wanted)
        now = self.clock.time()
        lane = Lane(question.lane or Lane.INTERACTIVE)
        job = Job(
            caller=caller,
            id=new_job_id(now),
            question=question.question,
            filter=wanted,
            metadata=question.metadata,
            turns=self._conversation(caller, question.previous_job_id),
            lane=lane,
            ticket=self.lanes.take_ticket(lane),
            subscribers=frozenset([watcher] if watcher else []),
            created_at=to_utc(now),
            expires_at=int(now) + self.retention_seconds,
        )
        # Store, then send: a job without a message can be sent again; a message without a
        # job cannot be answered.
        self.store.create(job)
        try:
            announce(job)
            self.queue.send(job.key, job.lane)
        except SluiceError:
            self.store.remove(job.key)
            raise
        return job

    def _conversation(self, caller: str, previous_job_id: str | None) -> list[Turn]:
        if previous_job_id is None:
            return []
        previous = self.store.get(JobKey(caller=caller, job_id=previous_job_id))
        if previous is None:
            raise NotFound("previous_job_id names no job of yours, or one that has expired.")
        if previous.status is not Status.COMPLETED or previous.answer is None:
            raise Conflict(
                f"The previous job is {previous.status}; a follow-up needs a completed one."
            )
        last = Turn(question=previous.question, answer=previous.answer.text[:_TURN_CHARACTERS])
        return [*previous.turns, last][-_TURNS:]
