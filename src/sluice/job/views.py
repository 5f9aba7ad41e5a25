"""Jobs and batches as their caller sees them: the JSON of the API. docs/api.md describes it."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from sluice.job.answer import Answer
from sluice.job.forecast import Forecast
from sluice.job.job import Job, JobError, Lane, Status, Timing, Usage
from sluice.job.source import Source


class QueueView(BaseModel):
    """The job's lane, position and expected wait. Position 1 is next, 0 means not waiting."""

    model_config = ConfigDict(frozen=True)

    lane: Lane
    position: int
    estimated_wait_seconds: int


class JobView(BaseModel):
    """A job, without what only the service uses: caller, lease, queue number, conversation."""

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
    """The number of jobs of a batch by status."""

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
    """A batch. Its jobs are in the order of its questions."""

    model_config = ConfigDict(frozen=True)

    id: str
    created_at: datetime
    request_counts: RequestCounts
    #: Seconds until the last job should start.
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
