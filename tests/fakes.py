"""In-memory stand-ins for every seam, held honest by the conformance suites."""

import json
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sluice.clock import to_utc
from sluice.errors import CancelRequested, LeaseLost, LeaseRefused, QueueRefused
from sluice.job.filters import FilterValue
from sluice.job.job import Job, JobKey, Lane, Status
from sluice.job.passage import Passage
from sluice.pace.booking import Reservation
from sluice.pace.ledger import Ledger, Quotas, Units
from sluice.pace.pacer import Waiter
from sluice.ports import (
    Delivery,
    Generation,
    IdempotencyRecord,
    JobPage,
    LaneState,
    Piece,
    Prompt,
    StreamEnd,
)


class FakeClock:
    """Time that passes only when it is told to, or when somebody sleeps."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now
        self.slept: list[float] = []

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class MemoryJobStore:
    """A JobStore in a dictionary."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self._jobs: dict[JobKey, Job] = {}
        self._guard = threading.Lock()

    def create(self, jobs: Sequence[Job]) -> bool:
        with self._guard:
            if any(job.key in self._jobs for job in jobs):
                return False
            self._jobs |= {job.key: job for job in jobs}
            return True

    def remove(self, key: JobKey) -> None:
        with self._guard:
            job = self._jobs.get(key)
            if job and job.status is Status.QUEUED:
                del self._jobs[key]

    def get(self, key: JobKey) -> Job | None:
        job = self._jobs.get(key)
        return job if job and job.expires_at > self._clock.time() else None

    def list(
        self,
        caller: str,
        *,
        limit: int,
        status: Status | None = None,
        batch_id: str | None = None,
        after: str | None = None,
    ) -> JobPage:
        found = [
            job
            for key, job in sorted(
                self._jobs.items(), key=lambda each: each[0].job_id, reverse=True
            )
            if key.caller == caller
            and (after is None or key.job_id < after)
            and (status is None or job.status is status)
            and (batch_id is None or job.batch_id == batch_id)
            and job.expires_at > self._clock.time()
        ]
        return JobPage(found[:limit], found[limit - 1].id if len(found) > limit else None)

    def count_open(self, caller: str, at_most: int) -> int:
        owned = [job for job in self._jobs.values() if job.caller == caller]
        return min(at_most, sum(not job.status.is_final for job in owned))

    def lease(self, key: JobKey, *, attempt_id: str, now: float, until: float) -> Job:
        with self._guard:
            job = self.get(key)
            if job is None or not _may_be_leased(job, now):
                raise LeaseRefused
            return self._change(
                job,
                status=Status.IN_PROGRESS,
                attempt_id=attempt_id,
                answer=None,
                sources=[],
                lease_until=until,
                attempts=job.attempts + 1,
                started_at=to_utc(now),
            )

    def extend(self, job: Job, *, until: float, keep: Collection[str] = ()) -> Job:
        with self._guard:
            kept = {name: getattr(job, name) for name in keep}
            return self._change(self._held(job), lease_until=until, **kept)

    def give_back(self, job: Job, *, counted: bool) -> Job:
        attempts = job.attempts if counted else job.attempts - 1
        with self._guard:
            held = self._held(job)
            if held.cancel_requested:
                raise CancelRequested
            return self._change(
                held,
                status=Status.QUEUED,
                lease_until=0.0,
                attempts=attempts,
                answer=None,
                sources=[],
            )

    def finish(self, job: Job) -> frozenset[str]:
        names = ["status", "answer", "sources", "error", "usage", "timing", "model", "finished_at"]
        with self._guard:
            there = self._jobs.get(job.key)
            if there and there.status.is_final and _end_of(there) == _end_of(job):
                return job.subscribers
            held = self._held(job)
            final = {name: getattr(job, name) for name in names}
            self._change(held, subscribers=frozenset(), **final)
            return held.subscribers

    def cancel(self, key: JobKey, now: float) -> tuple[Job, frozenset[str]] | None:
        with self._guard:
            job = self.get(key)
            if job is None:
                return None
            if job.status.is_final:
                return job, frozenset()
            if not _may_be_leased(job, now):
                return self._change(job, cancel_requested=True), frozenset()
            ended: dict[str, Any] = {"status": Status.CANCELLED, "finished_at": to_utc(now)}
            return self._change(job, subscribers=frozenset(), **ended), job.subscribers

    def note_sending(self, job: Job, now: float) -> bool:
        with self._guard:
            there = self.get(job.key)
            if there is None or there.status is not Status.QUEUED or there.sends != job.sends:
                return False
            self._change(there, sends=job.sends + 1, sent_at=now)
            return True

    def subscribe(self, key: JobKey, connection: str) -> Job | None:
        with self._guard:
            job = self.get(key)
            if job is None or job.status.is_final:
                return job
            return self._change(job, subscribers=job.subscribers | {connection})

    def unsubscribe(self, key: JobKey, connection: str) -> None:
        with self._guard:
            if job := self._jobs.get(key):
                self._change(job, subscribers=job.subscribers - {connection})

    def _held(self, job: Job) -> Job:
        now = self._jobs.get(job.key)
        if now is None or now.status is not Status.IN_PROGRESS or now.attempt_id != job.attempt_id:
            raise LeaseLost
        return now

    def _change(self, job: Job, **changes: object) -> Job:
        changed = job.model_copy(update=changes)
        self._jobs[job.key] = changed
        return changed


def _end_of(job: Job) -> tuple[object, ...]:
    return job.attempt_id, job.status, job.finished_at


def _may_be_leased(job: Job, now: float) -> bool:
    """Queued, or left behind by a worker whose lease has lapsed."""
    return job.status is Status.QUEUED or (
        job.status is Status.IN_PROGRESS and job.lease_until < now
    )


class MemoryLaneCounters:
    """A LaneCounters with the rate a test gives it."""

    def __init__(self, rate: float | None = None) -> None:
        self.rate = rate
        self.numbers: dict[Lane, int] = {}
        self.heads: dict[Lane, int] = {}

    def take_numbers(self, lane: Lane, count: int) -> int:
        self.numbers[lane] = self.numbers.get(lane, 0) + count
        return self.numbers[lane] - count + 1

    def begin(self, lane: Lane, queue_number: int, now: float) -> None:
        self.heads[lane] = max(queue_number, self.heads.get(lane, 0))

    def state(self, lane: Lane, now: float) -> LaneState:
        return LaneState(self.heads.get(lane, 0), self.rate)


@dataclass
class MemoryQueue:
    """A Queue that remembers what was asked of it."""

    sent: list[JobKey] = field(default_factory=list)
    lanes: list[Lane] = field(default_factory=list)
    held: list[dict[Delivery, int]] = field(default_factory=list)
    buried: list[tuple[Delivery, str]] = field(default_factory=list)
    refuses: bool = False

    def send(self, keys: Sequence[JobKey], lane: Lane) -> None:
        if self.refuses:
            raise QueueRefused("The queue did not take the question; try again soon.")
        self.sent += keys
        self.lanes += [lane] * len(keys)

    def hold(self, delays: Mapping[Delivery, int]) -> None:
        if delays:
            self.held.append(dict(delays))

    def bury(self, delivery: Delivery, reason: str) -> None:
        self.buried.append((delivery, reason))


@dataclass
class FakeRetriever:
    """A Retriever that finds what a test put there, or raises it."""

    passages: Sequence[Passage] = ()
    error: Exception | None = None
    asked: list[tuple[str, dict[str, FilterValue]]] = field(default_factory=list)

    def retrieve(self, query: str, filters: Mapping[str, FilterValue]) -> Sequence[Passage]:
        self.asked.append((query, dict(filters)))
        if self.error:
            raise self.error
        return self.passages


#: What a generator does next: write, end, fail, or run a test's code.
Step = Piece | StreamEnd | Exception | Callable[[], None]


class FakeGenerator:
    """A Generator that plays one script per call; the last one is played again."""

    model = "fake.model"

    def __init__(self, *scripts: Sequence[Step]) -> None:
        self._scripts = list(scripts)
        self.prompts: list[Prompt] = []
        self.max_tokens: list[int] = []

    def generate(self, prompt: Prompt, *, max_tokens: int) -> Generation:
        script = self._scripts[min(len(self.prompts), len(self._scripts) - 1)]
        self.prompts.append(prompt)
        self.max_tokens.append(max_tokens)
        for step in script:
            if isinstance(step, Exception):
                raise step
            if isinstance(step, Piece | StreamEnd):
                yield step
            else:
                step()


class FakePush:
    """A Push that keeps what each connection was sent, or fails as a test says."""

    def __init__(self) -> None:
        self.sent: dict[str, list[dict[str, Any]]] = {}
        #: What the next posts to a connection raise, one after the other.
        self.failures: dict[str, list[Exception]] = {}
        #: Called before each post, from its thread.
        self.before: Callable[[str], None] = lambda _: None

    def post(self, connection: str, message: bytes) -> None:
        self.before(connection)
        if self.failures.get(connection):
            raise self.failures[connection].pop(0)
        self.sent.setdefault(connection, []).append(json.loads(message))

    def types(self, connection: str) -> list[str]:
        return [message["type"] for message in self.sent.get(connection, [])]

    def text(self, connection: str) -> str:
        """The deltas of one connection put together; they must go on from each other."""
        text = ""
        for message in self.sent.get(connection, []):
            if message["type"] == "job.delta":
                assert message["offset"] == len(text), "a gap or a repetition"
                text += message["text"]
        return text


class MemoryIdempotencyStore:
    """A IdempotencyStore in a dictionary."""

    def __init__(self) -> None:
        self._claims: dict[tuple[str, str], tuple[IdempotencyRecord, float]] = {}
        self._guard = threading.Lock()

    def claim(
        self, caller: str, key: str, claim: IdempotencyRecord, *, until: float, now: float
    ) -> IdempotencyRecord:
        with self._guard:
            kept, end = self._claims.get((caller, key), (claim, 0.0))
            if now < end:
                return kept
            self._claims[caller, key] = (claim, until)
            return claim


class MemoryTicketStore:
    """A TicketStore in a dictionary."""

    def __init__(self) -> None:
        self.tickets: dict[str, tuple[str, float]] = {}

    def keep(self, ticket_hash: str, caller: str, *, until: float) -> None:
        self.tickets[ticket_hash] = (caller, until)

    def redeem(self, ticket_hash: str, now: float) -> str | None:
        caller, until = self.tickets.pop(ticket_hash, (None, 0.0))
        return caller if now < until else None


class MemoryLedgerStore:
    """A LedgerStore in a dictionary; `overtaken` makes that many writes come too late."""

    def __init__(self) -> None:
        self.ledgers: dict[str, tuple[str, int]] = {}
        self.overtaken = 0
        self.writes = 0

    def read(self, resource: str) -> tuple[Mapping[str, Any], int]:
        state, version = self.ledgers.get(resource, ("{}", 0))
        return json.loads(state), version

    def write(self, resource: str, state: Mapping[str, Any], version: int) -> bool:
        if self.overtaken:
            self.overtaken -= 1
            return False
        if self.ledgers.get(resource, ("", 0))[1] != version:
            return False
        self.writes += 1
        self.ledgers[resource] = (json.dumps(state), version + 1)
        return True


@dataclass
class FakePace:
    """A Pace that lets everything pass, or raises, and remembers."""

    error: Exception | None = None
    reserved: list[Units] = field(default_factory=list)
    settled: list[Units] = field(default_factory=list)
    throttles: int = 0
    #: What its ledger, which is empty, has to keep; and how often that was looked at.
    quotas: Quotas = field(default_factory=Quotas)
    looks: int = 0

    def reserve(self, units: Units, lane: Lane, waiter: Waiter) -> Reservation:
        if self.error:
            raise self.error
        self.reserved.append(units)
        return Reservation(units, 0)

    def settle(self, reservation: Reservation, charged: Units) -> None:
        self.settled.append(charged)

    def throttled(self, reservation: Reservation) -> None:
        self.throttles += 1

    def ledger(self) -> Ledger:
        self.looks += 1
        return Ledger(self.quotas, {}, 0)
