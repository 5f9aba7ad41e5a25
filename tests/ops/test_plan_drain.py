"""The plan's drain time, compared with the service's own rules in simulated time.

Each job is a thread that runs alone until it waits; the clock then moves to the next thread's time.
So the real Pacer decides everything, and thousands of seconds take a few.
"""

import heapq
import random
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import count

import pytest

from adapters.memory.ledgers import MemoryLedgerStore
from sluice.answering.paced_generator import PacedGenerator
from sluice.answering.paced_retriever import PacedRetriever
from sluice.answering.tokens import estimate_prompt_tokens
from sluice.errors import NotYet
from sluice.job.filters import FilterValue
from sluice.job.job import Lane
from sluice.job.passage import Passage
from sluice.pace.ledger import Quotas
from sluice.pace.pacer import NoPace, Pacer
from sluice.ports import Generation, Prompt, StreamEnd
from sluice_ops.plan import Load, make_plan
from sluice_ops.plan.load import AROUND_THE_CALL
from sluice_ops.plan.places import Places
from sluice_ops.plan.prices import shipped_prices

#: Real seconds after which a thread that neither waits nor ends is taken to hang.
HANGS = 20
#: Seconds that a worker may wait for its turn.
LONGEST_WAIT = 235


class Timeline:
    """A simulated clock, and threads of which one runs at a time."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self._waiting: list[tuple[float, int, threading.Semaphore]] = []
        self._order = count()
        self._paused = threading.Semaphore(0)
        self._errors: list[BaseException] = []

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        turn = self._queue_up(seconds)
        self._paused.release()
        turn.acquire()

    def start(self, work: Callable[[], None]) -> None:
        turn = self._queue_up(0)

        def run() -> None:
            turn.acquire()
            try:
                work()
            except BaseException as error:
                self._errors.append(error)
            finally:
                self._paused.release()

        threading.Thread(target=run, daemon=True).start()

    def run(self) -> None:
        """Run all threads to their ends. Raises what one of them raised."""
        while self._waiting:
            at, _, turn = heapq.heappop(self._waiting)
            self.now = max(self.now, at)
            turn.release()
            assert self._paused.acquire(timeout=HANGS), "a thread neither waits nor ends"
            if self._errors:
                raise self._errors[0]

    def _queue_up(self, seconds: float) -> threading.Semaphore:
        turn = threading.Semaphore(0)
        heapq.heappush(self._waiting, (self.now + max(0, seconds), next(self._order), turn))
        return turn


class Waiter:
    def __init__(self, timeline: Timeline) -> None:
        self.until = timeline.now + LONGEST_WAIT
        self.wait = timeline.sleep


class Service:
    """Executions that answer a burst in the bulk lane, as the worker does."""

    def __init__(self, quotas: Quotas, load: Load, places: Places) -> None:
        self._timeline = Timeline()
        self._begun = self._timeline.now
        self._load = load
        self._places = places
        self._dice = random.Random(7)
        self._kendra = Quotas(queries_per_second=quotas.queries_per_second)
        self._model = replace(quotas, queries_per_second=0)
        self._kendra_store, self._model_store = MemoryLedgerStore(), MemoryLedgerStore()
        #: The time at which each message becomes visible.
        self._messages = [self._begun] * load.questions
        self.ended: list[float] = []

    def drain(self) -> float:
        """Seconds until the last job has ended."""
        for _ in range(self._places.max_concurrency):
            self._timeline.start(self._execute)
        self._timeline.run()
        assert len(self.ended) == self._load.questions
        return max(self.ended) - self._begun

    def _execute(self) -> None:
        dice, clock = self._dice.uniform, self._timeline
        kendra = Pacer("kendra", self._kendra, self._kendra_store, clock, dice)
        model = Pacer("model", self._model, self._model_store, clock, dice)
        retriever = PacedRetriever([self], kendra if self._kendra else NoPace())
        generator = PacedGenerator(self, model if self._model else NoPace(), self._load.burndown)
        while len(self.ended) < self._load.questions:
            due = [at for at in self._messages if at <= clock.now][: self._places.batch_size]
            for at in due:
                self._messages.remove(at)
            open_jobs = len(due)

            def work() -> None:
                nonlocal open_jobs
                self._answer(retriever, generator)
                open_jobs -= 1

            for _ in due:
                clock.start(work)
            if not due:
                clock.sleep(1)
            while open_jobs:
                clock.sleep(0.05)

    def _answer(self, retriever: PacedRetriever, generator: PacedGenerator) -> None:
        clock = self._timeline
        waiter = Waiter(clock)
        tokens = self._load.input_tokens * self._dice.uniform(0.5, 1.5)
        prompt = Prompt(system="", user="x" * round(3.6 * tokens))
        try:
            retriever.retrieve("", {}, Lane.BULK, waiter)
            most = self._load.max_output_tokens
            list(generator.generate(prompt, max_tokens=most, lane=Lane.BULK, waiter=waiter))
        except NotYet as error:
            self._messages.append(clock.now + error.retry_after * self._dice.uniform(1, 1.2))
        else:
            self.ended.append(clock.now)

    # Kendra and the model, when a job's turn has come.

    model = "a.model"

    def retrieve(self, query: str, filters: Mapping[str, FilterValue]) -> Sequence[Passage]:
        self._timeline.sleep(AROUND_THE_CALL)
        return []

    def generate(self, prompt: Prompt, *, max_tokens: int) -> Generation:
        self._timeline.sleep(self._load.latency * self._dice.uniform(0.7, 1.3))
        yield StreamEnd("end_turn", estimate_prompt_tokens(prompt), self._load.output_tokens)


def a_load(questions: int, *, burndown: int = 1, latency: float = 1, most: int = 1_000) -> Load:
    return Load(questions, 1_500, 120, most, burndown, latency)


@pytest.mark.parametrize(
    ("quotas", "load"),
    [
        (Quotas(tokens_per_minute=300_000), a_load(100)),
        (Quotas(tokens_per_minute=300_000), a_load(300)),
        (Quotas(tokens_per_minute=300_000), a_load(300, burndown=5)),
        (Quotas(tokens_per_minute=300_000), a_load(2_000)),
        (Quotas(tokens_per_minute=300_000), a_load(2_000, burndown=5)),
        (Quotas(tokens_per_minute=300_000), a_load(600, burndown=15)),
        (Quotas(tokens_per_minute=300_000), a_load(600, latency=5)),
        (Quotas(tokens_per_minute=300_000), a_load(600, latency=20)),
        (Quotas(tokens_per_minute=300_000), a_load(600, latency=20, most=4_000)),
        (Quotas(tokens_per_minute=10_000), a_load(50, latency=2)),
        (Quotas(tokens_per_minute=3_000_000), a_load(600, latency=20)),
        (Quotas(queries_per_second=0.5), a_load(300, latency=5)),
        (Quotas(queries_per_second=0.5), a_load(200, latency=20)),
        (Quotas(queries_per_second=0.1), a_load(60, latency=5)),
        (Quotas(queries_per_second=0.5, tokens_per_minute=60_000), a_load(300, latency=5)),
        (Quotas(tokens_per_minute=300_000, requests_per_minute=60), a_load(300)),
    ],
    ids=str,
)
def test_the_planned_drain_time_is_within_a_tenth_of_the_simulated_one(
    quotas: Quotas, load: Load
) -> None:
    plan = make_plan(quotas, load, shipped_prices())
    assert plan.drain == pytest.approx(Service(quotas, load, plan.places).drain(), rel=0.1)


def test_more_concurrency_than_planned_gains_little() -> None:
    quotas, load = Quotas(tokens_per_minute=300_000), a_load(600, latency=5)
    plan = make_plan(quotas, load, shipped_prices())
    planned = Service(quotas, load, plan.places).drain()
    more = Places(4 * plan.places.max_concurrency, 10, 0, 0)
    assert Service(quotas, load, more).drain() >= 0.95 * planned
