"""The events that watchers of a job are sent. docs/api.md describes them.

A delta is a piece of the answer's text with its offset.
Deltas that wait for the same watcher are merged.
So a slow connection gets fewer and longer deltas, and never a gap.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sluice.errors import InvalidRequest, SluiceError
from sluice.job.forecast import NO_WAIT, Forecast
from sluice.job.job import Job
from sluice.job.views import JobView

#: The largest message in bytes. API Gateway's limit is 128 KB.
LARGEST_MESSAGE = 128_000


@dataclass(frozen=True)
class PlainEvent:
    """A message with the type `type` and the fields of that type."""

    type: str
    fields: Mapping[str, Any]

    def encode(self) -> bytes:
        return _json({"type": self.type, **self.fields})


@dataclass(frozen=True)
class Delta:
    """A piece of the answer's text that starts at `offset`, counted in code points.

    `attempt` is the number of the attempt that wrote it.
    """

    job_id: str
    attempt: int
    offset: int
    text: str

    def followed_by(self, later: "Event | None") -> "Delta | None":
        """Both deltas as one if `later` starts where this one ends, otherwise None."""
        if (
            isinstance(later, Delta)
            and (later.job_id, later.attempt) == (self.job_id, self.attempt)
            and later.offset == self.offset + len(self.text)
        ):
            return Delta(self.job_id, self.attempt, self.offset, self.text + later.text)
        return None

    def encode(self) -> bytes:
        return _json(
            {
                "type": "job.delta",
                "job_id": self.job_id,
                "attempt": self.attempt,
                "offset": self.offset,
                "text": self.text,
            }
        )


Event = PlainEvent | Delta


def job_event(job: Job, forecast: Forecast = NO_WAIT, request_id: str | None = None) -> PlainEvent:
    """The event of the job's current status, with the job or, if that is too long, its URL."""
    fields: dict[str, Any] = {"job_id": job.id}
    if request_id is not None:
        fields["request_id"] = request_id
    whole = fields | {"job": JobView.of(job, forecast).model_dump(mode="json")}
    event = PlainEvent(f"job.{job.status}", whole)
    if len(event.encode()) <= LARGEST_MESSAGE:
        return event
    return PlainEvent(f"job.{job.status}", fields | {"url": f"/jobs/{job.id}"})


def sources_event(job: Job) -> PlainEvent:
    """The event with the sources that retrieval found."""
    sources = [source.model_dump(mode="json") for source in job.sources]
    return PlainEvent(
        "job.sources", {"job_id": job.id, "attempt": job.attempts, "sources": sources}
    )


def error_event(error: SluiceError, **context: str | None) -> PlainEvent:
    """An error as an event, with the request_id or job_id in `context` if it is not None."""
    problem: dict[str, Any] = {"type": error.type, "title": error.title, "detail": error.detail}
    if isinstance(error, InvalidRequest) and error.errors:
        problem["errors"] = error.errors
    given = {name: value for name, value in context.items() if value is not None}
    return PlainEvent("error", {"problem": problem, **given})


def _json(message: Mapping[str, Any]) -> bytes:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
