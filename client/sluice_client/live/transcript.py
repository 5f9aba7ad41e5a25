"""Transcript: one job as a watcher knows it, whatever order, cuts and repeats news come in.

The rules of a correct reader. Pure: what it is told goes in; out come events, and requests for
what is missing. Offsets and lengths count Unicode code points, as Python strings do.
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
    """A request: subscribe to the job, again, for its snapshot."""

    job_id: str


@dataclass(frozen=True)
class Fetch:
    """A request: GET the job, which was too large for a message."""

    job_id: str


Output: TypeAlias = JobEvent | Subscribe | Fetch

_EVENT_BY_STATUS: dict[str, type[JobQueued | JobCompleted | JobFailed | JobCancelled]] = {
    QUEUED: JobQueued,
    COMPLETED: JobCompleted,
    FAILED: JobFailed,
    CANCELLED: JobCancelled,
}


class Transcript:
    """What is known of one job, and has been told."""

    def __init__(self, job_id: str) -> None:
        self._job_id = job_id
        #: The attempt the text is of; 0 before the first.
        self._attempt = 0
        self._sources: tuple[Source, ...] = ()
        self._told: Job | None = None
        self._asked = False
        self.text = ""
        #: As last seen, text of the snapshot included.
        self.job: Job | None = None

    @property
    def finished(self) -> bool:
        """Whether the job's end has been told."""
        return self.job is not None and self.job.finished

    def reconnected(self) -> None:
        """The connection is new: what was asked on the old one is not answered any more."""
        self._asked = False

    def snapshot(self, job: Job) -> Iterator[Output]:
        """Take in the job as the service says it is now."""
        self._asked = False
        attempt = job.attempts or 0
        if self.finished:
            return
        if job.finished:
            yield from self._end(job)
            return
        given_back = job.status == QUEUED
        if attempt < self._attempt and not given_back:
            return  # of a worker that has been replaced
        if attempt > self._attempt or given_back:
            yield from self._begin(attempt)
        self.job = job
        yield from self._status(job)
        yield from self._found(job.sources)
        text = _text(job)
        if len(text) > len(self.text):  # a shorter one is only older
            yield from self._become(text)

    def sources(self, attempt: int | None, sources: tuple[Source, ...]) -> Iterator[Output]:
        """Take in what an attempt has found; None is the present attempt."""
        if not self._is_over(attempt):
            yield from self._begin_if_newer(attempt)
            yield from self._found(sources)

    def delta(self, attempt: int | None, offset: int, text: str) -> Iterator[Output]:
        """Take in a piece of the text; None is the present attempt."""
        if self._is_over(attempt):
            return
        yield from self._begin_if_newer(attempt)
        if offset > len(self.text):
            yield from self._ask_again()
        elif offset + len(text) > len(self.text):
            yield from self._become(self.text[:offset] + text)

    def _is_over(self, attempt: int | None) -> bool:
        return self.finished or (attempt is not None and attempt < self._attempt)

    def _begin_if_newer(self, attempt: int | None) -> Iterator[Output]:
        if attempt is not None and attempt > self._attempt:
            yield from self._begin(attempt)

    def _begin(self, attempt: int) -> Iterator[Output]:
        self._attempt, self._sources = attempt, ()
        if self.text:
            self.text = ""
            yield TextRestarted(self._job_id, attempt)

    def _ask_again(self) -> Iterator[Output]:
        # Once: until the snapshot is here, every further delta is beyond the end as well.
        if not self._asked:
            self._asked = True
            yield Subscribe(self._job_id)

    def _found(self, sources: tuple[Source, ...]) -> Iterator[Output]:
        if sources and sources != self._sources:
            self._sources = sources
            yield SourcesFound(self._job_id, self._attempt, sources)

    def _become(self, text: str) -> Iterator[Output]:
        if not text.startswith(self.text):
            self.text = ""
            yield TextRestarted(self._job_id, self._attempt)
        known = len(self.text)
        self.text = text
        if len(text) > known:
            yield TextDelta(self._job_id, self._attempt, known, text[known:])

    def _status(self, job: Job) -> Iterator[Output]:
        # Text and sources have events of their own: without them, is it news?
        bare = replace(job, answer=None, sources=(), raw={})
        if bare != self._told:
            self._told = bare
            yield _EVENT_BY_STATUS.get(job.status or "", JobInProgress)(self._job_id, job)

    def _end(self, job: Job) -> Iterator[Output]:
        self._attempt = max(self._attempt, job.attempts or 0)
        self.job = job
        if job.answer is not None:
            yield from self._become(_text(job))
        yield from self._status(job)


def _text(job: Job) -> str:
    return (job.answer.text if job.answer else None) or ""
