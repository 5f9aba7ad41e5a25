"""A job: one question to be answered. docs/jobs.md describes its states."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from sluice.errors import SluiceError
from sluice.job.answer import Answer
from sluice.job.filters import FilterValue
from sluice.job.source import Source
from sluice.job.turn import Turn


class Status(StrEnum):
    """The state of a job."""

    #: The job is stored and has a message in the queue of its lane.
    QUEUED = "queued"
    #: A worker holds the lease. If it lapses, the next delivery takes the job over.
    IN_PROGRESS = "in_progress"
    #: The job has an answer. It never changes again.
    COMPLETED = "completed"
    #: The job has the reason why there is no answer. It never changes again.
    FAILED = "failed"
    #: The caller cancelled the job, or it did not start in time. It never changes again.
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        return self in (Status.COMPLETED, Status.FAILED, Status.CANCELLED)


class Lane(StrEnum):
    """A queue with its own priority."""

    #: Somebody is waiting for the answer.
    INTERACTIVE = "interactive"
    #: Nobody is waiting: interactive questions go first.
    BULK = "bulk"


class JobKey(BaseModel):
    """The storage key of a job. It starts with the caller, so nobody finds another caller's job."""

    model_config = ConfigDict(frozen=True)

    caller: str
    job_id: str


class JobError(BaseModel):
    """Why a job failed, for the person who asked."""

    model_config = ConfigDict(frozen=True)

    type: str
    title: str
    detail: str
    #: Whether asking again later may help.
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
    """Tokens of all model calls of the last attempt. `cost_usd` is null if prices are not set."""

    model_config = ConfigDict(frozen=True)

    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None


class Timing(BaseModel):
    """Times of the last attempt in milliseconds. Each is null until its stage is over."""

    model_config = ConfigDict(frozen=True)

    #: From submission to the start of the last attempt.
    queued_ms: int | None = None
    retrieval_ms: int | None = None
    #: From the model call to the first piece of text.
    first_token_ms: int | None = None
    #: From the model call to the end of the text.
    generation_ms: int | None = None


class Job(BaseModel):
    """One question to be answered, as it is stored."""

    # If a stored job cannot be parsed, its contents must not appear in the log.
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    caller: str
    id: str
    question: str
    filter: dict[str, FilterValue] = {}
    metadata: dict[str, str] = {}
    #: The batch that the job belongs to, and the caller's name for the job in it.
    batch_id: str | None = None
    custom_id: str | None = None
    #: The conversation so far, oldest turn first, for a follow-up.
    turns: list[Turn] = []
    lane: Lane = Lane.INTERACTIVE
    #: The number of the job in its lane. Its position in the queue is computed from it.
    queue_number: int = 0
    status: Status = Status.QUEUED
    #: Attempts started, without those that were given back because the quota was used up.
    attempts: int = 0
    #: The id of the current attempt. While the job is in progress, only this attempt may write.
    attempt_id: str | None = None
    #: The end of the lease, in seconds since 1970. After it another worker may take the job over.
    lease_until: float = 0
    #: In seconds since 1970. A job that has not started by then is cancelled.
    begin_by: float | None = None
    #: The caller cancelled the job while a worker held it. Whoever holds the lease ends it.
    cancel_requested: bool = False
    #: How often the job's message was sent, and when last, in seconds since 1970.
    sends: int = 1
    sent_at: float = 0
    #: The connections that watch the job. Empty once it has ended.
    subscribers: frozenset[str] = frozenset()
    #: While the job is in progress and watched, the text saved so far.
    answer: Answer | None = None
    sources: list[Source] = []
    error: JobError | None = None
    usage: Usage = Usage()
    timing: Timing = Timing()
    model: str | None = None
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    #: In seconds since 1970. From then on the caller no longer finds the job.
    expires_at: int

    def is_unwanted(self, now: float) -> bool:
        """Whether a worker should cancel the job now instead of starting or continuing it."""
        in_time = self.begin_by is None or now <= self.begin_by
        return self.cancel_requested or not (in_time or self.has_begun)

    @property
    def has_begun(self) -> bool:
        """Whether an attempt was counted before the current one, if there is a current one."""
        return self.attempts > (1 if self.status is Status.IN_PROGRESS else 0)

    @property
    def key(self) -> JobKey:
        return JobKey(caller=self.caller, job_id=self.id)
