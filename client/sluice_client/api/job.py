"""Job: one question being answered, as the service last reported it.

Shapes follow the service's GET /jobs/{id}. Parsing is lenient (see `fields`): a field that
this client does not know stays in `Job.raw`, and a field that is missing is None.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self, TypeVar

from sluice_client.api import fields
from sluice_client.api.answer import Answer
from sluice_client.api.problem import Problem
from sluice_client.api.source import Source

QUEUED = "queued"
IN_PROGRESS = "in_progress"
COMPLETED = "completed"
FAILED = "failed"
CANCELLED = "cancelled"

#: Every status, in the order of a job's life.
STATUSES = (QUEUED, IN_PROGRESS, COMPLETED, FAILED, CANCELLED)

#: An id becomes part of a path: "" or ".." would request something else.
JOB_ID = re.compile(r"[\w-]+", re.ASCII)

_Part = TypeVar("_Part")


@dataclass(frozen=True)
class Queue:
    """The place of a queued job, and its expected wait."""

    lane: str | None = None
    position: int | None = None
    estimated_wait_seconds: float | None = None

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Self:
        return cls(
            lane=fields.string(raw, "lane"),
            position=fields.integer(raw, "position"),
            estimated_wait_seconds=fields.number(raw, "estimated_wait_seconds"),
        )


@dataclass(frozen=True)
class Usage:
    """What the answer cost: tokens, and US dollars."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Self:
        return cls(
            input_tokens=fields.integer(raw, "input_tokens"),
            output_tokens=fields.integer(raw, "output_tokens"),
            cost_usd=fields.number(raw, "cost_usd"),
        )


@dataclass(frozen=True)
class Timing:
    """Milliseconds per step; None until the step has ended."""

    queued_ms: float | None = None
    retrieval_ms: float | None = None
    first_token_ms: float | None = None
    generation_ms: float | None = None

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Self:
        names = ("queued_ms", "retrieval_ms", "first_token_ms", "generation_ms")
        return cls(*(fields.number(raw, name) for name in names))


@dataclass(frozen=True)
class Job:
    """One question being answered. Two jobs are equal when the service's JSON of both is."""

    id: str
    #: One of STATUSES, or one that a newer service has added.
    status: str | None = None
    question: str | None = None
    answer: Answer | None = None
    sources: tuple[Source, ...] = ()
    queue: Queue | None = None
    #: How many times a worker has started it.
    attempts: int | None = None
    #: Why it failed.
    error: Problem | None = None
    usage: Usage | None = None
    timing: Timing | None = None
    model: str | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    metadata: dict[str, Any] | None = field(default=None, hash=False)
    #: Its batch, and its name in the batch; None for a single question.
    batch_id: str | None = None
    custom_id: str | None = None
    #: The service's JSON, unchanged.
    raw: dict[str, Any] = field(default_factory=dict, repr=False, hash=False)

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Self:
        return cls(
            id=fields.string(raw, "id") or "",
            status=fields.string(raw, "status"),
            question=fields.string(raw, "question"),
            answer=_part(raw, "answer", Answer.from_json),
            sources=tuple(map(Source.from_json, fields.json_objects(raw, "sources"))),
            queue=_part(raw, "queue", Queue.from_json),
            attempts=fields.integer(raw, "attempts"),
            error=_part(raw, "error", Problem.from_json),
            usage=_part(raw, "usage", Usage.from_json),
            timing=_part(raw, "timing", Timing.from_json),
            model=fields.string(raw, "model"),
            created_at=fields.timestamp(raw, "created_at"),
            started_at=fields.timestamp(raw, "started_at"),
            finished_at=fields.timestamp(raw, "finished_at"),
            metadata=fields.json_object(raw, "metadata"),
            batch_id=fields.string(raw, "batch_id"),
            custom_id=fields.string(raw, "custom_id"),
            raw=raw,
        )

    @property
    def finished(self) -> bool:
        """Whether it has completed, failed or been cancelled; it then never changes."""
        return self.status in (COMPLETED, FAILED, CANCELLED)


def _part(raw: fields.Json, name: str, read: Callable[[dict[str, Any]], _Part]) -> _Part | None:
    part = fields.json_object(raw, name)
    return None if part is None else read(part)
