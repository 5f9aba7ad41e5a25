"""A job as its caller sees it: the JSON of the API. docs/api.md describes each field."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from sluice.job.answer import Answer
from sluice.job.forecast import Forecast
from sluice.job.job import Job, JobError, Lane, Status, Timing, Usage
from sluice.job.source import Source


class QueueView(BaseModel):
    """Where a job waits. `position` 1 is next, 0 is no longer waiting."""

    model_config = ConfigDict(frozen=True)

    lane: Lane
    position: int
    estimated_wait_seconds: int


class JobView(BaseModel):
    """A job without what is only ours: caller, lease, queue number, conversation."""

    model_config = ConfigDict(frozen=True)

    id: str
    status: Status
    question: str
    answer: Answer | None
    sources: list[Source]
    queue: QueueView
    attempts: int
    error: JobError | None
    usage: Usage
    timing: Timing
    model: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    metadata: dict[str, str]
    batch_id: str | None
    custom_id: str | None

    @classmethod
    def of(cls, job: Job, forecast: Forecast) -> "JobView":
        queue = QueueView(
            lane=job.lane,
            position=forecast.position,
            estimated_wait_seconds=forecast.estimated_wait_seconds,
        )
        shown = {name: getattr(job, name) for name in cls.model_fields if name != "queue"}
        return cls(queue=queue, **shown)


class RequestCounts(BaseModel):
    """How many jobs of a batch are where."""

    model_config = ConfigDict(frozen=True)

    total: int
    queued: int
    in_progress: int
    completed: int
    failed: int
    cancelled: int


class BatchJobView(BaseModel):
    """One job of a batch."""

    model_config = ConfigDict(frozen=True)

    id: str
    custom_id: str
    status: Status


class BatchView(BaseModel):
    """A batch as its caller sees it; its jobs are in the order of its questions."""

    model_config = ConfigDict(frozen=True)

    id: str
    created_at: datetime
    request_counts: RequestCounts
    #: Seconds until its last job should begin.
    estimated_wait_seconds: int
    jobs: list[BatchJobView]

    @classmethod
    def of(cls, batch_id: str, jobs: Sequence[Job], forecast: Forecast) -> "BatchView":
        counts = Counter(job.status for job in jobs)
        return cls(
            id=batch_id,
            created_at=jobs[0].created_at,
            request_counts=RequestCounts(
                total=len(jobs), **{status.value: counts[status] for status in Status}
            ),
            estimated_wait_seconds=forecast.estimated_wait_seconds,
            jobs=[
                BatchJobView(id=job.id, custom_id=job.custom_id or "", status=job.status)
                for job in jobs
            ],
        )
