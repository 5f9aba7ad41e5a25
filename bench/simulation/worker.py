"""A worker process: ten jobs side by side, each from its lease to its end or back to the queue."""

from collections.abc import Callable
from random import Random
from typing import Protocol

from bench.simulation.counter import Counter, Wish
from bench.simulation.figures import Figures
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
from bench.simulation.upstream import Held, Upstream
from sluice.job.job import Lane
from sluice.pace.booking import Reservation, Settlement
from sluice.pace.ledger import ONE_CALL, Units


class MessageQueue(Protocol):
    """What a worker does to the queue that it takes from."""

    def hold(self, message: tuple[int, int], seconds: float) -> None: ...

    def is_over(self, worker: "Worker") -> None: ...


class Site:
    """What all workers of one deployment share."""

    def __init__(
        self,
        timeline: Timeline,
        random: Random,
        figures: Figures,
        model: Model,
        number: int,
        kendra: Upstream,
        bedrock: Upstream,
        ended: Callable[[int], None],
    ) -> None:
        self.timeline = timeline
        self.random = random
        self.figures = figures
        self.model = model
        self.number = number
        self.kendra = kendra
        self.bedrock = bedrock
        self.ended = ended


class Worker:
    """One execution environment of a lane."""

    def __init__(
        self, site: Site, lane: Lane, queue: MessageQueue, kendra: Counter, bedrock: Counter
    ) -> None:
        self.site = site
        self.lane = lane
        self.queue = queue
        self.kendra = kendra
        self.bedrock = bedrock
        self._open = 0

    def work(self, messages: list[tuple[int, int]]) -> None:
        """Work on a batch of messages: jobs' numbers, with their tickets."""
        now = self.site.timeline.now
        self._open = len(messages)
        for message in messages:
            self.site.figures.received(message[0], now)
            self.site.timeline.put(now + STORE, Attempt(self, message, now + PATIENCE).begin)

    def is_over(self) -> None:
        """One of the jobs needs nothing more."""
        self._open -= 1
        if not self._open:
            self.queue.is_over(self)


class Attempt:
    """One job in a worker's hands."""

    __slots__ = ("_charged", "_held", "_message", "_reservation", "_until", "_worker")

    def __init__(self, worker: Worker, message: tuple[int, int], until: float) -> None:
        self._worker = worker
        self._message = message
        self._until = until
        self._charged = 0.0
        self._held: Held = []
        self._reservation: Reservation | None = None

    def begin(self, _: None) -> None:
        self._wish(self._worker.kendra, ONE_CALL, self._query)

    def _wish(self, counter: Counter, units: Units, go: Callable[[Wish], None]) -> None:
        worker = self._worker
        now = worker.site.timeline.now
        counter.step(Wish(units, worker.lane, self._until, now, go, self._give_back))

    def _query(self, _: Wish) -> None:
        site = self._worker.site
        site.kendra.begin(1)
        site.kendra.charged += 1
        seconds = between(RETRIEVAL, site.random)
        site.figures.served(self._message[0], seconds)
        site.timeline.put(site.timeline.now + seconds + STORE, self._prompt)

    def _prompt(self, _: None) -> None:
        site = self._worker.site
        prompt = int(between(PROMPT, site.random))
        self._charged = prompt + int(between(ANSWER, site.random)) * site.model.burndown
        at_most = prompt + MAX_TOKENS * site.model.burndown
        units = Units(prompt + MAX_TOKENS, at_most=at_most)
        self._wish(self._worker.bedrock, units, self._call)

    def _call(self, wish: Wish) -> None:
        site = self._worker.site
        self._reservation = Reservation(wish.booked, wish.at)
        self._held = site.bedrock.begin(wish.units.tokens)
        seconds = between(GENERATION, site.random)
        site.figures.served(self._message[0], seconds)
        site.timeline.put(site.timeline.now + seconds, self._written)

    def _written(self, _: None) -> None:
        worker, site = self._worker, self._worker.site
        assert self._reservation is not None
        site.bedrock.end(self._held, self._charged)
        worker.bedrock.enter(Settlement(self._reservation, Units(self._charged)))
        site.timeline.put(site.timeline.now + STORE, self._end)

    def _end(self, _: None) -> None:
        site = self._worker.site
        site.figures.ended(self._message[0], site.number, site.timeline.now)
        site.ended(self._message[0])
        self._worker.is_over()

    def _give_back(self, seconds: float) -> None:
        """NotYet, as sluice.worker treats it: until its turn is likely, not all at once."""
        site = self._worker.site
        site.figures.gave_back += 1
        pause = round(seconds * site.random.uniform(1, 1.2))
        self._worker.queue.hold(self._message, pause)
        self._worker.is_over()


def between(range_: tuple[float, float], random: Random) -> float:
    """A number between these two."""
    least, most = range_
    return least + (most - least) * random.random()
