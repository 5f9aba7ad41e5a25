"""Events: what becomes of a job, piece by piece, for those who watch it.

A watcher sees, for each job: JobQueued and JobInProgress when that has changed, SourcesFound,
then TextDelta after TextDelta, and at the end JobCompleted, JobFailed or JobCancelled with the
final job. Whatever the network does, no piece comes twice and none is missing: the deltas since
the start, or since the last TextRestarted, joined, are the answer's text so far, and after
JobCompleted its whole text.
"""

from dataclasses import dataclass
from typing import TypeAlias

from sluice_client.api.job import Job
from sluice_client.api.source import Source


@dataclass(frozen=True)
class JobQueued:
    """The job waits its turn: new, moved up in the queue, or given back by its worker."""

    job_id: str
    job: Job


@dataclass(frozen=True)
class JobInProgress:
    """A worker has the job."""

    job_id: str
    job: Job


@dataclass(frozen=True)
class SourcesFound:
    """What this attempt found in the documents; the answer will cite some of it."""

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
    """All text so far is void: a new attempt begins it again, or it was corrected."""

    job_id: str
    attempt: int


@dataclass(frozen=True)
class JobCompleted:
    """The job has its answer. Nothing follows."""

    job_id: str
    job: Job


@dataclass(frozen=True)
class JobFailed:
    """The job has none, and `job.error` says why. Nothing follows; text shown so far is void."""

    job_id: str
    job: Job


@dataclass(frozen=True)
class JobCancelled:
    """Somebody cancelled the job. Nothing follows."""

    job_id: str
    job: Job


@dataclass(frozen=True)
class Interrupted:
    """The connection broke, which loses nothing; it is being taken up again."""

    reason: str


@dataclass(frozen=True)
class Resumed:
    """News flow again, over a new connection or, with `polling`, by asking now and then."""

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
