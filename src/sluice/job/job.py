"""A job: one question being answered. docs/jobs.md draws its states."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from sluice.errors import SluiceError
from sluice.job.answer import Answer
from sluice.job.filters import FilterValue
from sluice.job.source import Source
from sluice.job.turn import Turn


class Status(StrEnum):
    """Where a job is in its life."""

    #: Stored, with a message in its lane's queue.
    QUEUED = "queued"
    #: A worker holds the lease. If it lapses, the next delivery takes the job over.
    IN_PROGRESS = "in_progress"
    #: It has an answer. Never changes again.
    COMPLETED = "completed"
    #: It has a reason why there is none. Never changes again.
    FAILED = "failed"
    #: Nobody wants it any more. Never changes again.
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        return self in (Status.COMPLETED, Status.FAILED, Status.CANCELLED)


class Lane(StrEnum):
    """A queue with its own rank."""

    #: Somebody waits for the answer.
    INTERACTIVE = "interactive"
    #: The answer is wanted some time; it steps aside for the others.
    BULK = "bulk"


class JobKey(BaseModel):
    """Where a job is stored. The caller comes first: another caller's id finds nothing."""

    model_config = ConfigDict(frozen=True)

    caller: str
    job_id: str


class JobError(BaseModel):
    """Why a job failed, for the person who asked."""

    model_config = ConfigDict(frozen=True)

    type: str
    title: str
    detail: str
    #: Asking again later may help.
    retryable: bool

    @classmethod
    def of(cls, error: SluiceError) -> "JobError":
        return cls(
            type=error.type,
            title=error.title,
            detail=error.detail,
            retryable=error.retryable,
        )


class Usage(BaseModel):
    """Tokens of all model calls of the last attempt. `cost_usd` is None without prices."""

    model_config = ConfigDict(frozen=True)

    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None


class Timing(BaseModel):
    """Milliseconds spent, of the last attempt; None until that stage is over."""

    model_config = ConfigDict(frozen=True)

    #: From submission to the start of the last attempt.
    queued_ms: int | None = None
    retrieval_ms: int | None = None
    #: From the model call to the first piece of text.
    first_token_ms: int | None = None
    #: From the model call to the end of the text.
    generation_ms: int | None = None


class Job(BaseModel):
    """One question being answered, as it is stored."""

    # A stored job that cannot be read must not end up in the log.
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    caller: str
    id: str
    question: str
    filter: dict[str, FilterValue] = {}
    metadata: dict[str, str] = {}
    #: The batch it came with, and its caller's name for it there.
    batch_id: str | None = None
    custom_id: str | None = None
    #: The conversation so far, oldest turn first, for a follow-up.
    turns: list[Turn] = []
    lane: Lane = Lane.INTERACTIVE
    #: The job's number in its lane; the place in the queue is counted from it.
    queue_number: int = 0
    status: Status = Status.QUEUED
    #: Executions begun, not counting those given back for want of quota.
    attempts: int = 0
    #: Whoever knows it may write to the job while it is in progress.
    attempt_id: str | None = None
    #: Seconds since 1970; after it the job may be taken over.
    lease_until: float = 0
    #: Seconds since 1970; a job that has not begun by then is cancelled.
    begin_by: float | None = None
    #: Its caller wants it no more; whoever holds the lease ends it.
    cancel_requested: bool = False
    #: How often its message was sent, and when last; seconds since 1970.
    sends: int = 1
    sent_at: float = 0
    #: The connections that watch the job; empty once it has ended.
    subscribers: frozenset[str] = frozenset()
    #: While in progress and watched, as far as it was saved.
    answer: Answer | None = None
    sources: list[Source] = []
    error: JobError | None = None
    usage: Usage = Usage()
    timing: Timing = Timing()
    model: str | None = None
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    #: Seconds since 1970; after it the job is gone, for its caller at once.
    expires_at: int

    def is_unwanted(self, now: float) -> bool:
        """Whether to cancel it instead of beginning it, or going on with it, now."""
        in_time = self.begin_by is None or now <= self.begin_by
        return self.cancel_requested or not (in_time or self.has_begun)

    @property
    def has_begun(self) -> bool:
        """Whether an execution before this one, if one is under way, began."""
        return self.attempts > (1 if self.status is Status.IN_PROGRESS else 0)

    @property
    def key(self) -> JobKey:
        return JobKey(caller=self.caller, job_id=self.id)
