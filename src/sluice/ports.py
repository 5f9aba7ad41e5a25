"""The seams: what the rules need from the world.

Each has one adapter per real service and one in-memory fake in tests/fakes.py, and a conformance
suite in tests/ that runs against both.
"""

from collections import abc
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sluice.job.filters import FilterValue
from sluice.job.job import Job, JobKey, Lane, Status
from sluice.job.passage import Passage


@dataclass(frozen=True)
class JobPage:
    """Some of a caller's jobs, newest first. `last_id` continues the list, None ends it."""

    jobs: list[Job]
    last_id: str | None


class JobStore(Protocol):
    """Keeps jobs. Every method is one atomic step; an expired job is as if it were not there."""

    def create(self, jobs: Sequence[Job]) -> bool:
        """Keep new jobs of one caller, 1 to 100, all or none; none if one of them is there already.

        Returns whether they were kept.
        """

    def remove(self, key: JobKey) -> None:
        """Forget a job that is still queued; leave any other as it is."""

    def get(self, key: JobKey) -> Job | None:
        """The job now, or None."""

    def list(
        self,
        caller: str,
        *,
        limit: int,
        status: Status | None = None,
        batch_id: str | None = None,
        after: str | None = None,
    ) -> JobPage:
        """At most `limit` jobs older than the job id `after`, of that status and batch if given."""

    def count_open(self, caller: str, lane: Lane, at_most: int) -> int:
        """How many of the caller's jobs in the lane have not ended, counted to `at_most`.

        May lag by a second.
        """

    def lease(self, key: JobKey, *, attempt_id: str, now: float, until: float) -> Job:
        """Take the job: in progress, one attempt more, the lease running to `until`.

        Raises LeaseRefused if it is finished, gone or another's.
        """

    def extend(self, job: Job, *, until: float, keep: Collection[str] = ()) -> Job:
        """Let the lease run to `until` and keep these fields of `job`. Raises LeaseLost."""

    def give_back(self, job: Job, *, counted: bool) -> Job:
        """Queue the job again; uncounted, the attempt is taken off.

        Raises LeaseLost, and CancelRequested with the job still held.
        """

    def cancel(self, key: JobKey, now: float) -> tuple[Job, frozenset[str]] | None:
        """Cancel a job that no worker holds; of one that is held, have it cancelled.

        Returns the job as it then is, and who watched it if this ended it. A job that had ended
        stays as it was; None if there is no such job.
        """

    def note_sending(self, job: Job, now: float) -> bool:
        """Note that a queued job's message is sent once more; False if another was first."""

    def finish(self, job: Job) -> frozenset[str]:
        """Keep `job` in its final state, if its attempt still holds it. Raises LeaseLost.

        Returns who watched it to the end; nobody watches it any more. Done twice, since the first
        answer was lost, it returns who `job` says watched it.
        """

    def subscribe(self, key: JobKey, connection: str) -> Job | None:
        """Let a connection watch the job, and return it as it is at that instant.

        A job that has ended is returned, and not watched.
        """

    def unsubscribe(self, key: JobKey, connection: str) -> None:
        """Let a connection no longer watch the job."""


@dataclass(frozen=True)
class LaneState:
    """How far a lane has come. Queue numbers count up from 1 as jobs are accepted."""

    #: The highest queue number that a worker has begun.
    head: int = 0
    #: Jobs begun per second recently; None when unknown.
    rate: float | None = None


class LaneCounters(Protocol):
    """Counts a lane's jobs, for places in the queue. Approximate: nothing depends on it."""

    def take_numbers(self, lane: Lane, count: int) -> int:
        """Take the next `count` queue numbers of the lane; returns the first."""

    def begin(self, lane: Lane, queue_number: int, now: float) -> None:
        """Note that a worker has begun the job with this queue number."""

    def state(self, lane: Lane, now: float) -> LaneState:
        """How far the lane has come."""


@dataclass(frozen=True)
class Delivery:
    """One message as it reached a worker."""

    message_id: str
    receipt: str
    body: str
    #: The lane whose queue it came from.
    lane: Lane
    #: Times the message was received, this one included.
    receives: int


class Queue(Protocol):
    """Carries job keys from submit to the workers."""

    def send(self, keys: Sequence[JobKey], lane: Lane) -> None:
        """Put a message for each job into the lane's queue. Raises QueueRefused.

        Then some of them may have been sent.
        """

    def hold(self, delays: Mapping[Delivery, int]) -> None:
        """Keep each message invisible for that many seconds from now, 0 to 43,200.

        A message that is gone is passed over: it was acknowledged or taken over.
        """

    def dead_letter(self, delivery: Delivery, reason: str) -> None:
        """Put a message nobody can read among the dead letters, with the reason."""


class Retriever(Protocol):
    """Finds passages."""

    def retrieve(self, query: str, filters: Mapping[str, FilterValue]) -> Sequence[Passage]:
        """Passages for `query`, best first; none is an answer too. Raises Transient or Fatal."""


@dataclass(frozen=True)
class Prompt:
    """A system prompt and one user message."""

    system: str
    user: str


@dataclass(frozen=True)
class Piece:
    """Some text of the answer, as the model wrote it."""

    text: str


@dataclass(frozen=True)
class StreamEnd:
    """How the model stopped. `reason` is Bedrock's stopReason."""

    reason: str
    input_tokens: int
    output_tokens: int
    request_id: str | None = None


#: What a model writes, as it comes.
Generation = abc.Generator[Piece | StreamEnd, None, None]


class Generator(Protocol):
    """Writes text."""

    @property
    def model(self) -> str:
        """The model's id."""

    def generate(self, prompt: Prompt, *, max_tokens: int) -> Generation:
        """Pieces of text, and at last an StreamEnd. Raises Transient or Fatal, also in the middle.

        Closing it ends the call, so that no more tokens are spent.
        """


class Push(Protocol):
    """Sends messages to connections."""

    def post(self, connection: str, message: bytes) -> None:
        """Send a message of at most 128 KB.

        Raises ConnectionGone if nobody is there any more, Throttled or Unavailable.
        """


@dataclass(frozen=True)
class IdempotencyRecord:
    """What an idempotency key stands for: a request, and the id of what it made."""

    fingerprint: str
    made: str


class IdempotencyStore(Protocol):
    """Keeps callers' idempotency keys."""

    def claim(
        self, caller: str, key: str, claim: IdempotencyRecord, *, until: float, now: float
    ) -> IdempotencyRecord:
        """Keep the claim until that time, unless the key has one; returns the one that is kept."""


class TicketStore(Protocol):
    """Keeps tickets. A ticket is known by its hash, so that none can be read where it lies."""

    def keep(self, ticket_hash: str, caller: str, *, until: float) -> None:
        """Keep a new ticket until that time, in seconds since 1970."""

    def redeem(self, ticket_hash: str, now: float) -> str | None:
        """Take the ticket away and return its caller; None if it is gone or its time is over."""


class LedgerStore(Protocol):
    """Keeps the ledgers of paced resources, each under a version."""

    def read(self, resource: str) -> tuple[Mapping[str, Any], int]:
        """The ledger's state and version; an empty one and 0 if there is none."""

    def write(self, resource: str, state: Mapping[str, Any], version: int) -> bool:
        """Replace the ledger if it still has this version; whether it had."""
