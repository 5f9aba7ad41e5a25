"""Batch: questions that were submitted together, as the service last reported them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from sluice_client.api import fields
from sluice_client.api.job import Job


@dataclass(frozen=True)
class Counts:
    """How many of a batch's jobs are in each state."""

    total: int | None = None
    queued: int | None = None
    in_progress: int | None = None
    completed: int | None = None
    failed: int | None = None
    cancelled: int | None = None

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Self:
        names = ("total", "queued", "in_progress", "completed", "failed", "cancelled")
        return cls(*(fields.integer(raw, name) for name in names))


@dataclass(frozen=True)
class Batch:
    """Up to 100 questions that were accepted together."""

    id: str
    created_at: datetime | None = None
    counts: Counts = Counts()
    #: In the order of the questions; each has only id, custom_id and status.
    jobs: tuple[Job, ...] = ()
    #: Seconds until the last job is expected to start.
    estimated_wait_seconds: float | None = None
    #: Seconds to wait before the next request; None once all jobs have ended.
    retry_after: float | None = None
    #: The service's JSON, unchanged.
    raw: dict[str, Any] = field(default_factory=dict, repr=False, hash=False)

    @classmethod
    def from_json(cls, raw: dict[str, Any], retry_after: float | None = None) -> Self:
        return cls(
            id=fields.string(raw, "id") or "",
            created_at=fields.timestamp(raw, "created_at"),
            counts=Counts.from_json(fields.json_object(raw, "request_counts") or {}),
            jobs=tuple(map(Job.from_json, fields.json_objects(raw, "jobs"))),
            estimated_wait_seconds=fields.number(raw, "estimated_wait_seconds"),
            retry_after=retry_after,
            raw=raw,
        )

    @property
    def finished(self) -> bool:
        """Whether all of its jobs have ended."""
        return all(job.finished for job in self.jobs)
