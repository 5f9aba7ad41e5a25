"""A job as its caller sees it: the JSON of the API. docs/api.md describes each field."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from sluice.answer import Answer
from sluice.forecast import Forecast
from sluice.job import Job, JobError, Lane, Status, Timing, Usage
from sluice.source import Source


class QueueView(BaseModel):
    """Where a job waits. `position` 1 is next, 0 is no longer waiting."""

    model_config = ConfigDict(frozen=True)

    lane: Lane
    position: int
    estimated_wait_seconds: int


class JobView(BaseModel):
    """A job without what is only ours: caller, lease, ticket, conversation."""

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

    @classmethod
    def of(cls, job: Job, forecast: Forecast) -> "JobView":
        queue = QueueView(
            lane=job.lane,
            position=forecast.position,
            estimated_wait_seconds=forecast.estimated_wait_seconds,
        )
        shown = {name: getattr(job, name) for name in cls.model_fields if name != "queue"}
        return cls(queue=queue, **shown)
