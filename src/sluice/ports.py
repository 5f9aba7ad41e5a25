"""The ports: what the rules need from the outside world.

Each port has one adapter per real service in adapters/ and one in memory in adapters/memory/.
The conformance suites in tests/conformance/ run against both.
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
    """A page of a caller's jobs, newest first. `last_id` is None on the last page."""

    jobs: list[Job]
    last_id: str | None


class JobStore(Protocol):
    """Keeps jobs. Every method is one atomic step. An expired job counts as missing."""

    def create(self, jobs: Sequence[Job]) -> bool:
        """Keep 1 to 100 new jobs of one caller: all, or none if one of them exists already.

        Returns whether they were kept.
        """

    def remove(self, key: JobKey) -> None:
        """Delete a job that is still queued. Leave any other job as it is."""

    def get(self, key: JobKey) -> Job | None:
        """The job as it is now, or None."""

    def list(
        self,
        caller: str,
        *,
        limit: int,
        status: Status | None = None,
        batch_id: str | None = None,
        after: str | None = None,
    ) -> JobPage:
        """At most `limit` jobs, newest first, with this status, of this batch, before `after`."""

    def count_open(self, caller: str, lane: Lane, at_most: int) -> int:
        """The number of the caller's open jobs in the lane, up to `at_most`. It may lag behind."""

    def lease(self, key: JobKey, *, attempt_id: str, now: float, until: float) -> Job:
        """Lease the job until `until`: it is in progress, with one more attempt. Return the job.

        Raises LeaseRefused if the job has ended, does not exist, or is held by another worker.
        """

    def extend(self, job: Job, *, until: float, keep: Collection[str] = ()) -> Job:
        """Extend the lease until `until`, and store the fields of `job` that `keep` names.

        Returns the job as it is stored. Raises LeaseLost.
        """

    def give_back(self, job: Job, *, counted: bool) -> Job:
        """Queue the job again and return it. If not `counted`, subtract the attempt.

        Raises LeaseLost. Raises CancelRequested if the caller cancelled: the job is still held.
        """

    def cancel(self, key: JobKey, now: float) -> tuple[Job, frozenset[str]] | None:
        """Cancel a job that no worker holds, or ask the worker that holds it to cancel it.

        Returns the job as it then is, and its watchers if this call ended it.
        A job that has already ended stays as it is.
        Returns None if the job does not exist.
        """

    def note_sending(self, job: Job, now: float) -> bool:
        """Record that a queued job's message is sent again. False if somebody else has done so."""

    def finish(self, job: Job) -> frozenset[str]:
        """Store `job`, which has ended, if its attempt still holds it. Raises LeaseLost.

        Returns the watchers, and removes them from the job.
        It is idempotent, because the response to a first call may be lost.
        A repeated call returns the watchers that `job` has.
        """

    def subscribe(self, key: JobKey, connection: str) -> Job | None:
        """Add a watcher unless the job has ended. Return the job at that instant, or None."""

    def unsubscribe(self, key: JobKey, connection: str) -> None:
        """Remove a watcher from the job."""


@dataclass(frozen=True)
class LaneState:
    """The progress of a lane. Queue numbers count up from 1 as jobs are accepted."""

    #: The highest queue number that a worker has started.
    head: int = 0
    #: Jobs started per second recently. None if unknown.
    rate: float | None = None


class LaneCounters(Protocol):
    """Counts the jobs of a lane. Only forecasts depend on the counts, which are approximate."""

    def take_numbers(self, lane: Lane, count: int) -> int:
        """Take the next `count` queue numbers of the lane. Return the first one."""

    def begin(self, lane: Lane, queue_number: int, now: float) -> None:
        """Record that a worker has started the job with this queue number."""

    def state(self, lane: Lane, now: float) -> LaneState:
        """The progress of the lane."""


@dataclass(frozen=True)
class Delivery:
    """One message as a worker received it."""

    message_id: str
    receipt: str
    body: str
    #: The lane whose queue it came from.
    lane: Lane
    #: How often the message was received, this time included.
    receives: int


class Queue(Protocol):
    """Carries the keys of jobs from submit to the workers."""

    def send(self, keys: Sequence[JobKey], lane: Lane) -> None:
        """Send a message for each job to the lane's queue.

        Raises QueueRefused. Some messages may have been sent then.
        """

    def hold(self, delays: Mapping[Delivery, int]) -> None:
        """Hide each message from other workers for its number of seconds from now, 0 to 43,200.

        Messages that no longer exist are ignored. Raises QueueRefused.
        """

    def dead_letter(self, delivery: Delivery, reason: str) -> None:
        """Send a message that no worker can read to the dead-letter queue. Raises QueueRefused."""


class Retriever(Protocol):
    """Searches the documents."""

    def retrieve(self, query: str, filters: Mapping[str, FilterValue]) -> Sequence[Passage]:
        """The passages for `query`, best first, or none. Raises Transient or Fatal."""


@dataclass(frozen=True)
class Prompt:
    """A system prompt and one user message."""

    system: str
    user: str


@dataclass(frozen=True)
class Piece:
    """A piece of the answer's text, as the model wrote it."""

    text: str


@dataclass(frozen=True)
class StreamEnd:
    """The end of a model's stream, with the tokens used. `reason` is Bedrock's stopReason."""

    reason: str
    input_tokens: int
    output_tokens: int
    request_id: str | None = None


#: The stream of a model: pieces of text, then one StreamEnd.
Generation = abc.Generator[Piece | StreamEnd, None, None]


class Generator(Protocol):
    """Asks a model for text."""

    @property
    def model(self) -> str:
        """The id of the model."""

    def generate(self, prompt: Prompt, *, max_tokens: int) -> Generation:
        """Yield pieces of text, then one StreamEnd. Without a StreamEnd the stream was cut.

        Raises Transient or Fatal, also after some pieces.
        Closing the generator ends the call, so that no more tokens are spent.
        """


class Push(Protocol):
    """Sends messages to WebSocket connections."""

    def post(self, connection: str, message: bytes) -> None:
        """Send a message of at most 128 KB.

        Raises ConnectionGone if the client has disconnected, Throttled or Unavailable.
        """


@dataclass(frozen=True)
class IdempotencyRecord:
    """The hash of the request that a key belongs to, and the id of the job or batch it made."""

    fingerprint: str
    made: str


class IdempotencyStore(Protocol):
    """Keeps callers' idempotency keys."""

    def claim(
        self, caller: str, key: str, claim: IdempotencyRecord, *, until: float, now: float
    ) -> IdempotencyRecord:
        """Keep the claim until `until`, unless the key has one. Return the claim that is kept."""


class TicketStore(Protocol):
    """Keeps tickets by their hash, so that whoever reads the store learns no ticket."""

    def keep(self, ticket_hash: str, caller: str, *, until: float) -> None:
        """Keep a new ticket until `until`, in seconds since 1970."""

    def redeem(self, ticket_hash: str, now: float) -> str | None:
        """Delete the ticket and return its caller. None if it does not exist or has expired."""


class LedgerStore(Protocol):
    """Keeps the ledger of each paced resource, with a version number."""

    def read(self, resource: str) -> tuple[Mapping[str, Any], int]:
        """The state and version of the ledger. An empty state and 0 if there is no ledger."""

    def write(self, resource: str, state: Mapping[str, Any], version: int) -> bool:
        """Replace the ledger if it still has this version. Return whether it was replaced."""
