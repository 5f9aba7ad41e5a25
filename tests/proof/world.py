"""The whole service around one store and one clock; each actor has a process of its own in it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any
from uuid import UUID

import boto3
import pytest
from moto import mock_aws

from adapters.idempotency import DynamoIdempotencyStore
from adapters.job_store import DynamoJobStore
from sluice.errors import (
    ConnectionGone,
    ContentFiltered,
    QueueRefused,
    SluiceError,
    StoreUnavailable,
    Throttled,
    Unavailable,
)
from sluice.intake.idempotency import IdempotencyKeys
from sluice.intake.open_jobs import OpenJobLimit
from sluice.intake.socket_actions import SocketActions
from sluice.intake.submission import Submission
from sluice.job.filters import FilterFields, FilterValue
from sluice.job.passage import Passage
from sluice.pace.forecaster import Forecaster
from sluice.pace.ledger import ONE_CALL
from sluice.ports import Delivery, Generation, IdempotencyStore, JobStore, Piece, Prompt, Push
from sluice.push.events import Event
from sluice.upkeep.cancellation import Cancellation
from sluice.upkeep.reader import JobReader
from sluice.upkeep.resending import Resender
from sluice.work.lease import LeaseKeeper
from sluice.work.worker import Report, Worker, WorkRules
from tests.builders import a_passage, a_stream_end
from tests.fakes import (
    FakeClock,
    FakeGenerator,
    FakePush,
    MemoryIdempotencyStore,
    MemoryJobStore,
    MemoryLaneCounters,
    Step,
)
from tests.integration.test_job_store import TABLE, create_table
from tests.proof.actor import Actor
from tests.proof.mail import Mail
from tests.unit.test_answerer import unpaced

RULES = WorkRules(lease_seconds=30, max_attempts=3, give_up_seconds=21_600)
#: Seconds that one execution of the worker has.
EXECUTION = 295

#: What the model does, by name; `{}` is the number of the call, so that no two answers are alike.
MANNERS: dict[str, Sequence[Step]] = {
    "answers": [Piece("Number {} "), Piece("says so [1]."), a_stream_end()],
    "throttles": [Piece("Number {} "), Throttled("No more.")],
    "breaks off": [Piece("Number {} ")],
    "is silent": [a_stream_end()],
    "is down": [Unavailable("Nobody there.")],
    "refuses": [ContentFiltered("Not that.")],
    "has a defect": [KeyError("oops")],
}


class Upstreams:
    """Kendra and Bedrock: they find always the same, and write in the manner of the day."""

    model = "a.model"

    def __init__(self) -> None:
        self.manner = "answers"
        self.finds = True
        self.numbers = count(1)
        #: Questions that were searched for, once for each attempt that was made in earnest.
        self.asked: list[str] = []

    def retrieve(self, query: str, filters: Mapping[str, FilterValue]) -> Sequence[Passage]:
        self.asked.append(query)
        return [a_passage()] if self.finds else []

    def script(self) -> list[Step]:
        number = next(self.numbers)
        return [
            Piece(step.text.format(number)) if isinstance(step, Piece) else step
            for step in MANNERS[self.manner]
        ]


class PromptAudience:
    """An FanOut whose posts take no time, so that the order of things is the test's."""

    def __init__(self, push: Push, _pool: object, _slow: object, gone: Any) -> None:
        self._push, self._gone = push, gone
        self._watchers: list[str] = []

    def __contains__(self, connection: str) -> bool:
        return connection in self._watchers

    def __bool__(self) -> bool:
        return bool(self._watchers)

    @property
    def connections(self) -> frozenset[str]:
        return frozenset(self._watchers)

    def join(self, connection: str, events: Sequence[Event] = ()) -> None:
        self._watchers.append(connection)
        for event in events:
            self._post(connection, event)

    def tell(self, event: Event) -> None:
        for connection in list(self._watchers):
            self._post(connection, event)

    def keep_only(self, connections: Sequence[str]) -> None:
        self._watchers = [each for each in self._watchers if each in connections]

    def close(self, seconds: float) -> None: ...

    def _post(self, connection: str, event: Event) -> None:
        if connection in self._watchers:
            try:
                self._push.post(connection, event.encode())
            except SluiceError as error:
                self._watchers.remove(connection)
                if isinstance(error, ConnectionGone):
                    self._gone(connection)


class OneAtATime(Worker):
    """A worker that takes one delivery in the thread that calls it."""

    def deliver(self, delivery: Delivery, deadline: float) -> Report:
        self.keeper = LeaseKeeper(self._store, self._queue, self._clock, RULES.lease_seconds)
        self.keeper.receive([delivery])
        return self._deliver(delivery, self.keeper, deadline)


class Process:
    """One function's environment, wired as runtime/wiring.py does, seen through an actor."""

    def __init__(self, world: "World", actor: Actor) -> None:
        self._world, self._actor = world, actor
        self.store = actor.seam(world.store, StoreUnavailable)
        self.queue = actor.seam(world.mail, QueueRefused)
        self.push = actor.seam(world.push, Unavailable, is_retried=False)
        lanes = actor.seam(world.lanes, StoreUnavailable)
        clock = world.clock
        forecaster = Forecaster(lanes, [], clock, ONE_CALL, rate_when_unknown=1.0)
        self.cancellation = Cancellation(self.store, self.push, clock)
        resender = Resender(self.store, self.queue, self.cancellation, clock)
        self.reader = JobReader(self.store, resender, forecaster, clock)
        self.submission = Submission(
            store=self.store,
            queue=self.queue,
            lanes=lanes,
            idempotency=IdempotencyKeys(actor.seam(world.claims, StoreUnavailable), clock),
            open_jobs=OpenJobLimit(self.store, forecaster, most_open=0, many_open=20),
            clock=clock,
            filters=FilterFields(),
            retention_seconds=7 * 86_400,
        )
        self.watching = SocketActions(
            self.store, self.push, self.submission, forecaster, self.cancellation, resender
        )
        self.worker = OneAtATime(
            self.store, self.queue, lanes, self._answering(), self.push, clock, RULES,
            jitter=lambda low, high: low,
        )  # fmt: skip

    def _answering(self) -> Any:
        retriever = self._actor.seam(self._world.upstreams, Unavailable, is_retried=False)
        return unpaced(retriever, _Model(self._world.upstreams, self._actor), self._world.clock)

    def deliver(self, delivery: Delivery) -> Report:
        """Work on a delivery, and acknowledge it if its report says so, as Lambda does."""
        report = self.worker.deliver(delivery, self._world.clock.now + EXECUTION)
        if report.acknowledge:
            self._actor.stop("acknowledge")
            self._world.mail.acknowledge(delivery)
        return report


class _Model(FakeGenerator):
    """The model as a process sees it: it stops before each thing that is written."""

    def __init__(self, upstreams: Upstreams, actor: Actor) -> None:
        super().__init__()
        self._upstreams, self._actor = upstreams, actor

    def generate(self, prompt: Prompt, *, max_tokens: int) -> Generation:
        self._actor.stop("generate")
        for event in FakeGenerator(self._upstreams.script()).generate(
            prompt, max_tokens=max_tokens
        ):
            yield event
            self._actor.stop("next piece")


class World:
    """Everything that outlives a process."""

    def __init__(self, store: JobStore, claims: IdempotencyStore, clock: FakeClock) -> None:
        self.clock = clock
        self.store, self.claims = store, claims
        self.mail = Mail(clock)
        self.lanes = MemoryLaneCounters()
        self.push = FakePush()
        self.upstreams = Upstreams()

    def start(self, work: Any) -> Actor:
        """A process that does `work`, a function of a Process; it stands before its first call."""
        actor = Actor(lambda actor: work(Process(self, actor)))
        actor.step()
        return actor

    def do(self, work: Any) -> Any:
        """What comes of `work` if nothing goes wrong. Raises what it raises."""
        actor = self.start(work)
        actor.run()
        if actor.error:
            raise actor.error
        return actor.result


@contextmanager
def a_world(backend: str) -> Iterator[World]:
    """A world on a store "in memory" or "on DynamoDB"."""
    clock = FakeClock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sluice.work.worker.FanOut", PromptAudience)
        patch.setattr("sluice.intake.submission.new_job_id", _ids())
        if backend == "in memory":
            yield World(MemoryJobStore(clock), MemoryIdempotencyStore(), clock)
            return
        with mock_aws():
            create_table()
            client = boto3.client("dynamodb")
            store = DynamoJobStore(client, TABLE, clock)
            yield World(store, DynamoIdempotencyStore(client, TABLE), clock)


def _ids() -> Callable[[float], str]:
    """Job ids in the order in which they are made, so that a history can be repeated."""
    numbers = count(1)

    def new_job_id(now: float) -> str:
        number = next(numbers)
        bits = int(now * 1000) << 80 | 0x7 << 76 | (number & 0xFFF) << 64
        return str(UUID(int=bits | 0b10 << 62 | number))

    return new_job_id
