"""Transcript: what a caller knows about one job, in whatever order its messages arrive.

Messages may be repeated, missing or out of order. Pure: messages go in; events come out, and
requests for what is missing. Offsets and lengths count Unicode code points, as Python strings do.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from sluice_client.api.events import (
    JobCancelled,
    JobCompleted,
    JobEvent,
    JobFailed,
    JobInProgress,
    JobQueued,
    SourcesFound,
    TextDelta,
    TextRestarted,
)
from sluice_client.api.job import CANCELLED, COMPLETED, FAILED, QUEUED, Job
from sluice_client.api.source import Source


@dataclass(frozen=True)
class Subscribe:
    """A request: subscribe to the job again, to get its snapshot."""

    job_id: str


@dataclass(frozen=True)
class Fetch:
    """A request: GET the job, because it was too large for a message."""

    job_id: str


Output: TypeAlias = JobEvent | Subscribe | Fetch

_EVENT_BY_STATUS: dict[str, type[JobQueued | JobCompleted | JobFailed | JobCancelled]] = {
    QUEUED: JobQueued,
    COMPLETED: JobCompleted,
    FAILED: JobFailed,
    CANCELLED: JobCancelled,
}


class Transcript:
    """What is known about one job, and what has been reported."""

    def __init__(self, job_id: str) -> None:
        self._job_id = job_id
        #: The attempt the text belongs to; 0 before the first.
        self._attempt = 0
        self._sources: tuple[Source, ...] = ()
        self._reported: Job | None = None
        self._has_resubscribed = False
        self.text = ""
        #: As last seen, including the text of the snapshot.
        self.job: Job | None = None

    @property
    def finished(self) -> bool:
        """Whether the job's end has been reported."""
        return self.job is not None and self.job.finished

    def reconnected(self) -> None:
        """Forget the requests sent on the previous connection: they will not be answered."""
        self._has_resubscribed = False

    def snapshot(self, job: Job) -> Iterator[Output]:
        """Process the job as the service has it now."""
        self._has_resubscribed = False
        attempt = job.attempts or 0
        if self.finished:
            return
        if job.finished:
            yield from self._end(job)
            return
        was_returned = job.status == QUEUED
        if attempt < self._attempt and not was_returned:
            return  # sent by a worker that has been replaced
        if attempt > self._attempt or was_returned:
            yield from self._begin(attempt)
        self.job = job
        yield from self._status(job)
        yield from self._set_sources(job.sources)
        text = _text(job)
        if len(text) > len(self.text):  # a shorter text is an older one
            yield from self._set_text(text)

    def sources(self, attempt: int | None, sources: tuple[Source, ...]) -> Iterator[Output]:
        """Process the sources of an attempt; None is the current attempt."""
        if not self._is_outdated(attempt):
            yield from self._begin_if_newer(attempt)
            yield from self._set_sources(sources)

    def delta(self, attempt: int | None, offset: int, text: str) -> Iterator[Output]:
        """Process a piece of the text; None is the current attempt."""
        if self._is_outdated(attempt):
            return
        yield from self._begin_if_newer(attempt)
        if offset > len(self.text):
            yield from self._resubscribe()
        elif offset + len(text) > len(self.text):
            yield from self._set_text(self.text[:offset] + text)

    def _is_outdated(self, attempt: int | None) -> bool:
        return self.finished or (attempt is not None and attempt < self._attempt)

    def _begin_if_newer(self, attempt: int | None) -> Iterator[Output]:
        if attempt is not None and attempt > self._attempt:
            yield from self._begin(attempt)

    def _begin(self, attempt: int) -> Iterator[Output]:
        self._attempt, self._sources = attempt, ()
        if self.text:
            self.text = ""
            yield TextRestarted(self._job_id, attempt)

    def _resubscribe(self) -> Iterator[Output]:
        # Only once: until the snapshot arrives, every later delta has the same gap before it.
        if not self._has_resubscribed:
            self._has_resubscribed = True
            yield Subscribe(self._job_id)

    def _set_sources(self, sources: tuple[Source, ...]) -> Iterator[Output]:
        if sources and sources != self._sources:
            self._sources = sources
            yield SourcesFound(self._job_id, self._attempt, sources)

    def _set_text(self, text: str) -> Iterator[Output]:
        if not text.startswith(self.text):
            self.text = ""
            yield TextRestarted(self._job_id, self._attempt)
        known = len(self.text)
        self.text = text
        if len(text) > known:
            yield TextDelta(self._job_id, self._attempt, known, text[known:])

    def _status(self, job: Job) -> Iterator[Output]:
        # Text and sources have their own events, and are no reason for another one.
        bare = replace(job, answer=None, sources=(), raw={})
        if bare != self._reported:
            self._reported = bare
            yield _EVENT_BY_STATUS.get(job.status or "", JobInProgress)(self._job_id, job)

    def _end(self, job: Job) -> Iterator[Output]:
        self._attempt = max(self._attempt, job.attempts or 0)
        self.job = job
        if job.answer is not None:
            yield from self._set_text(_text(job))
        yield from self._status(job)


def _text(job: Job) -> str:
    return (job.answer.text if job.answer else None) or ""
