"""Events: what happens to a job, for callers who stream or watch it.

For each job come JobQueued and JobInProgress at each change, SourcesFound, one TextDelta after
another, and at the end JobCompleted, JobFailed or JobCancelled with the final job. No event is
repeated or missing, whatever the network does. The deltas since the start, or since the last
TextRestarted, joined, are the answer's text so far; after JobCompleted they are all of it.
"""

from dataclasses import dataclass
from typing import TypeAlias

from sluice_client.api.job import Job
from sluice_client.api.source import Source


@dataclass(frozen=True)
class JobQueued:
    """The job waits: it is new, moved up in the queue, or was returned by its worker."""

    job_id: str
    job: Job


@dataclass(frozen=True)
class JobInProgress:
    """A worker is working on the job."""

    job_id: str
    job: Job


@dataclass(frozen=True)
class SourcesFound:
    """The sources this attempt found; the answer will cite some of them."""

    job_id: str
    attempt: int
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class TextDelta:
    """The next piece of the answer. `offset`: code points of the text before it."""

    job_id: str
    attempt: int
    offset: int
    text: str


@dataclass(frozen=True)
class TextRestarted:
    """Discard all text so far: a new attempt has started, or the text was corrected."""

    job_id: str
    attempt: int


@dataclass(frozen=True)
class JobCompleted:
    """The job has its answer. This is the last event of the job."""

    job_id: str
    job: Job


@dataclass(frozen=True)
class JobFailed:
    """The job failed, and `job.error` says why. The last event; discard any text so far."""

    job_id: str
    job: Job


@dataclass(frozen=True)
class JobCancelled:
    """The job was cancelled. This is the last event of the job."""

    job_id: str
    job: Job


@dataclass(frozen=True)
class Interrupted:
    """The connection broke, and the client reconnects. No event is lost."""

    reason: str


@dataclass(frozen=True)
class Resumed:
    """Events arrive again, over a new connection or, with `polling`, by polling."""

    polling: bool = False


JobEvent: TypeAlias = (
    JobQueued
    | JobInProgress
    | SourcesFound
    | TextDelta
    | TextRestarted
    | JobCompleted
    | JobFailed
    | JobCancelled
)

Event: TypeAlias = JobEvent | Interrupted | Resumed
