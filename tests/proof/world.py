"""The whole service around one store and one clock; each actor is a process of its own."""

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
from adapters.memory.clock import ManualClock
from adapters.memory.generator import ScriptedGenerator, Step
from adapters.memory.idempotency import MemoryIdempotencyStore
from adapters.memory.job_store import MemoryJobStore
from adapters.memory.lane_counters import MemoryLaneCounters
from adapters.memory.ledgers import MemoryLedgerStore
from adapters.memory.push import MemoryPush
from adapters.memory.queue import MemoryQueue
from adapters.memory.tickets import MemoryTicketStore
from runtime.wiring import Wiring
from runtime.work_wiring import make_worker
from sluice.errors import (
    ContentFiltered,
    QueueRefused,
    StoreUnavailable,
    Throttled,
    Unavailable,
)
from sluice.intake.socket_actions import SocketActions
from sluice.job.filters import FilterValue
from sluice.job.passage import Passage
from sluice.ports import (
    Delivery,
    Generation,
    IdempotencyStore,
    JobStore,
    LaneCounters,
    Piece,
    Prompt,
    Push,
    Queue,
    Retriever,
)
from sluice.work.worker import Report
from tests.builders import a_passage, a_stream_end
from tests.proof.actor import Actor
from tests.service import InlinePosts, a_settings
from tests.table import TABLE, create_table

SETTINGS = a_settings(give_up_minutes=360, retention_days=7)
#: Seconds that one execution of the worker may take.
EXECUTION = 295

#: What the model does, by name. `{}` is the number of the call, so that all answers differ.
BEHAVIOURS: dict[str, Sequence[Step]] = {
    "answers": [Piece("Number {} "), Piece("says so [1]."), a_stream_end()],
    "throttles": [Piece("Number {} "), Throttled("No more.")],
    "breaks off": [Piece("Number {} ")],
    "is silent": [a_stream_end()],
    "is down": [Unavailable("It does not answer.")],
    "refuses": [ContentFiltered("Not that.")],
    "has a defect": [KeyError("oops")],
}


class Upstreams:
    """Kendra, which always finds the same, and Bedrock, which answers as `behaviour` says."""

    model = "a.model"

    def __init__(self) -> None:
        self.behaviour = "answers"
        self.finds = True
        self.numbers = count(1)
        #: The question of each search: one for each attempt that reached Kendra.
        self.asked: list[str] = []

    def retrieve(self, query: str, filters: Mapping[str, FilterValue]) -> Sequence[Passage]:
        self.asked.append(query)
        return [a_passage()] if self.finds else []

    def script(self) -> list[Step]:
        number = next(self.numbers)
        return [
            Piece(step.text.format(number)) if isinstance(step, Piece) else step
            for step in BEHAVIOURS[self.behaviour]
        ]


class _Adapters:
    """The world's adapters as one process sees them: it stops before each of their calls."""

    def __init__(self, world: "World", actor: Actor) -> None:
        self.clock = world.clock
        self.store: JobStore = actor.port(world.store, StoreUnavailable)
        self.queue: Queue = actor.port(world.queue, QueueRefused)
        self.push: Push = actor.port(world.push, Unavailable, is_retried=False)
        self.lanes: LaneCounters = actor.port(world.lanes, StoreUnavailable)
        self.idempotency: IdempotencyStore = actor.port(world.idempotency, StoreUnavailable)
        self.tickets = MemoryTicketStore()
        self.ledgers = MemoryLedgerStore()
        self.retrievers: list[Retriever] = [
            actor.port(world.upstreams, Unavailable, is_retried=False)
        ]
        self.generator = _Model(world.upstreams, actor)


class Process:
    """One function's execution environment, made by the product's composition root."""

    def __init__(self, world: "World", actor: Actor) -> None:
        self._world, self._actor = world, actor
        adapters = _Adapters(world, actor)
        wiring = Wiring(SETTINGS, adapters)
        self.store, self.push = adapters.store, adapters.push
        self.reader = wiring.reader
        self.cancellation = wiring.cancellation
        self.submission = wiring.submission
        self.actions = SocketActions(
            self.store,
            self.push,
            self.submission,
            wiring.forecaster,
            self.cancellation,
            wiring.resender,
        )
        self.worker = make_worker(
            SETTINGS, adapters, adapters, posts=InlinePosts(), jitter=lambda low, high: low
        )

    def deliver(self, delivery: Delivery) -> Report:
        """Work on a delivery and, as Lambda does, acknowledge it if the report says so."""
        self.keeper = self.worker.lease_keeper()
        self.keeper.receive([delivery])
        report = self.worker.deliver(delivery, self.keeper, self._world.clock.now + EXECUTION)
        if report.acknowledge:
            self._actor.stop("acknowledge")
            self._world.queue.acknowledge(delivery)
        return report


class _Model(ScriptedGenerator):
    """The model as one process sees it: it stops before the call and after each event."""

    def __init__(self, upstreams: Upstreams, actor: Actor) -> None:
        super().__init__()
        self._upstreams, self._actor = upstreams, actor

    def generate(self, prompt: Prompt, *, max_tokens: int) -> Generation:
        self._actor.stop("generate")
        for event in ScriptedGenerator(self._upstreams.script()).generate(
            prompt, max_tokens=max_tokens
        ):
            yield event
            self._actor.stop("next piece")


class World:
    """Everything that outlives a process."""

    def __init__(self, store: JobStore, idempotency: IdempotencyStore, clock: ManualClock) -> None:
        self.clock = clock
        self.store, self.idempotency = store, idempotency
        self.queue = MemoryQueue(clock)
        self.lanes = MemoryLaneCounters()
        self.push = MemoryPush()
        self.upstreams = Upstreams()

    def start(self, work: Any) -> Actor:
        """Start a process that does `work`, a function of a Process; it stops before its first call."""
        actor = Actor(lambda actor: work(Process(self, actor)))
        actor.step()
        return actor

    def do(self, work: Any) -> Any:
        """Return the result of `work` when every call succeeds. Raises what it raises."""
        actor = self.start(work)
        actor.run()
        if actor.error:
            raise actor.error
        return actor.result


@contextmanager
def a_world(backend: str) -> Iterator[World]:
    """Yield a world whose store is "in memory" or "on DynamoDB"."""
    clock = ManualClock()
    with pytest.MonkeyPatch.context() as patch:
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
    """Return a source of job ids that follow one another, so that a history can be repeated."""
    numbers = count(1)

    def new_job_id(now: float) -> str:
        number = next(numbers)
        bits = int(now * 1000) << 80 | 0x7 << 76 | (number & 0xFFF) << 64
        return str(UUID(int=bits | 0b10 << 62 | number))

    return new_job_id
