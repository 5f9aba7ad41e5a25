"""A worker: ten jobs side by side, each until it ends or goes back to its queue."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Protocol

from bench.simulation.measurements import Measurements
from bench.simulation.pacer import SimulatedBooking, SimulatedPacer
from bench.simulation.scenario import (
    ANSWER,
    GENERATION,
    MAX_TOKENS,
    PATIENCE,
    PROMPT,
    RETRIEVAL,
    STORE,
    Model,
)
from bench.simulation.timeline import Timeline
from bench.simulation.upstream import Reservations, Upstream
from sluice.job.job import Lane
from sluice.pace.booking import Reservation, Settlement
from sluice.pace.ledger import ONE_CALL, Units


class MessageQueue(Protocol):
    """What a worker needs of the queue that it takes from."""

    def give_back(self, message: tuple[int, int], seconds: float) -> None: ...

    def release(self, worker: "Worker") -> None: ...


@dataclass(frozen=True)
class Deployment:
    """What all workers of one model share."""

    timeline: Timeline
    random: Random
    measured: Measurements
    model: Model
    number: int
    kendra: Upstream
    bedrock: Upstream
    #: Called with the number of each job that has ended.
    ended: Callable[[int], None]


class Worker:
    """One execution environment of a lane."""

    def __init__(
        self,
        deployment: Deployment,
        lane: Lane,
        queue: MessageQueue,
        kendra: SimulatedPacer,
        bedrock: SimulatedPacer,
    ) -> None:
        self.deployment = deployment
        self.lane = lane
        self.queue = queue
        self.kendra = kendra
        self.bedrock = bedrock
        self._open = 0

    def work(self, messages: list[tuple[int, int]]) -> None:
        """Work on a batch of messages."""
        now = self.deployment.timeline.now
        self._open = len(messages)
        for message in messages:
            self.deployment.measured.received(message[0], now)
            self.deployment.timeline.put(now + STORE, Attempt(self, message, now + PATIENCE).begin)

    def finish_one(self) -> None:
        """Count one of the jobs as finished; the last one frees the worker."""
        self._open -= 1
        if not self._open:
            self.queue.release(self)


class Attempt:
    """One attempt at a job."""

    __slots__ = ("_charged", "_held", "_message", "_reservation", "_until", "_worker")

    def __init__(self, worker: Worker, message: tuple[int, int], until: float) -> None:
        self._worker = worker
        self._message = message
        self._until = until
        self._charged = 0.0
        self._held: Reservations = []
        self._reservation: Reservation | None = None

    def begin(self, _: None) -> None:
        self._book(self._worker.kendra, ONE_CALL, self._query)

    def _book(
        self, pacer: SimulatedPacer, units: Units, go: Callable[[SimulatedBooking], None]
    ) -> None:
        worker = self._worker
        now = worker.deployment.timeline.now
        pacer.step(SimulatedBooking(units, worker.lane, self._until, now, go, self._give_back))

    def _query(self, _: SimulatedBooking) -> None:
        deployment = self._worker.deployment
        deployment.kendra.begin(1)
        deployment.kendra.charged += 1
        seconds = between(RETRIEVAL, deployment.random)
        deployment.measured.served(self._message[0], seconds)
        deployment.timeline.put(deployment.timeline.now + seconds + STORE, self._prompt)

    def _prompt(self, _: None) -> None:
        deployment = self._worker.deployment
        prompt = int(between(PROMPT, deployment.random))
        self._charged = prompt + int(between(ANSWER, deployment.random)) * deployment.model.burndown
        at_most = prompt + MAX_TOKENS * deployment.model.burndown
        units = Units(prompt + MAX_TOKENS, at_most=at_most)
        self._book(self._worker.bedrock, units, self._call)

    def _call(self, booking: SimulatedBooking) -> None:
        deployment = self._worker.deployment
        self._reservation = Reservation(booking.booked, booking.at)
        self._held = deployment.bedrock.begin(booking.units.tokens)
        seconds = between(GENERATION, deployment.random)
        deployment.measured.served(self._message[0], seconds)
        deployment.timeline.put(deployment.timeline.now + seconds, self._written)

    def _written(self, _: None) -> None:
        worker, deployment = self._worker, self._worker.deployment
        assert self._reservation is not None
        deployment.bedrock.end(self._held, self._charged)
        worker.bedrock.enter(Settlement(self._reservation, Units(self._charged)))
        deployment.timeline.put(deployment.timeline.now + STORE, self._end)

    def _end(self, _: None) -> None:
        deployment = self._worker.deployment
        deployment.measured.ended(self._message[0], deployment.number, deployment.timeline.now)
        deployment.ended(self._message[0])
        self._worker.finish_one()

    def _give_back(self, seconds: float) -> None:
        """Return the job until its turn is likely, with jitter, as the worker does for NotYet."""
        deployment = self._worker.deployment
        deployment.measured.gave_back += 1
        pause = round(seconds * deployment.random.uniform(1, 1.2))
        self._worker.queue.give_back(self._message, pause)
        self._worker.finish_one()


def between(range_: tuple[float, float], random: Random) -> float:
    """A random number from a range."""
    least, most = range_
    return least + (most - least) * random.random()
