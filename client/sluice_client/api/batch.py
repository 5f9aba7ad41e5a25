"""Batch: questions that were submitted together, as the service last told of them."""

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
        return cls(*(fields.whole(raw, name) for name in names))


@dataclass(frozen=True)
class Batch:
    """Up to 100 questions that were accepted together."""

    id: str
    created_at: datetime | None = None
    counts: Counts = Counts()
    #: In the order of the questions; of each no more is known than id, custom_id and status.
    jobs: tuple[Job, ...] = ()
    #: Seconds until the last of them is expected to begin.
    estimated_wait_seconds: float | None = None
    #: Seconds the service asks to stay away before the next look; None once all have ended.
    retry_after: float | None = None
    #: The service's JSON, untouched.
    raw: dict[str, Any] = field(default_factory=dict, repr=False, hash=False)

    @classmethod
    def from_json(cls, raw: dict[str, Any], retry_after: float | None = None) -> Self:
        return cls(
            id=fields.text(raw, "id") or "",
            created_at=fields.instant(raw, "created_at"),
            counts=Counts.from_json(fields.mapping(raw, "request_counts") or {}),
            jobs=tuple(map(Job.from_json, fields.records(raw, "jobs"))),
            estimated_wait_seconds=fields.number(raw, "estimated_wait_seconds"),
            retry_after=retry_after,
            raw=raw,
        )

    @property
    def finished(self) -> bool:
        """Whether each of its jobs has ended."""
        return all(job.finished for job in self.jobs)
