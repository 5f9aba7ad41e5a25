"""One burst from the first question to the last answer."""

from bisect import bisect_right
from dataclasses import dataclass
from random import Random

from bench.simulation.callers import Caller, callers
from bench.simulation.lane import LaneQueue
from bench.simulation.measurements import Measurements
from bench.simulation.pacer import LedgerItem, SimulatedPacer
from bench.simulation.scenario import MAX_TOKENS, PROMPT, Scenario
from bench.simulation.timeline import BEGIN, Timeline
from bench.simulation.upstream import Upstream
from bench.simulation.worker import Deployment, Worker
from local.quota import Bucket, Shape, shaped
from sluice.job.job import Lane
from sluice.pace.ledger import Quotas, Units

#: Seconds between single questions that are asked during the burst, to each model.
SINGLE_EVERY = 20.0
#: Seconds between samples of the forecast, and waiting jobs in a sample.
_SAMPLE_EVERY, _SAMPLED = 30.0, 10
#: A job that has not ended by then is lost: the queues keep messages for four days.
_END = BEGIN + 4 * 86_400
#: What the forecast assumes that a call books, before the first call has ended.
_GUESS = Units(sum(PROMPT) / 2 + MAX_TOKENS)


@dataclass(frozen=True)
class SimulationResult:
    """What a burst left to count. Jobs from `scenario.questions` on are the single questions."""

    scenario: Scenario
    measured: Measurements
    callers: list[Caller]
    kendra: Upstream
    bedrock: list[Upstream]
    items: dict[str, LedgerItem]


class Burst:
    """Runs a scenario, once."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._timeline = Timeline()
        self._random = Random(scenario.seed)
        models = scenario.models
        self._measured = Measurements(scenario.questions, len(models))
        clock = self._timeline.time
        queries = scenario.queries_per_second
        kendra = Upstream({"bucket": Bucket(max(1, queries), queries, clock)})
        bedrock = [
            Upstream(
                {str(shape): shaped(shape, each.tokens_per_minute, 60, clock) for shape in Shape}
            )
            for each in models
        ]
        index = LedgerItem(Quotas(queries_per_second=queries))
        self._items = [
            LedgerItem(Quotas(tokens_per_minute=each.tokens_per_minute)) for each in models
        ]
        self._lanes = [
            {lane: LaneQueue(self._timeline, self._random) for lane in Lane} for _ in models
        ]
        for number, (model, item) in enumerate(zip(models, self._items, strict=True)):
            deployment = Deployment(
                self._timeline,
                self._random,
                self._measured,
                model,
                number,
                kendra,
                bedrock[number],
                self._ended,
            )
            for lane, queue in self._lanes[number].items():
                queue.add_workers(
                    [
                        Worker(deployment, lane, queue, self._pacer(index), self._pacer(item))
                        for _ in range(scenario.concurrency)
                    ]
                )
        self._index = index
        self._callers = callers(scenario, self._timeline, self._submit, self._random)
        self._firsts = [caller.jobs.start for caller in self._callers]
        self._open = scenario.questions
        names = [model.name for model in models]
        items = {"Kendra": index, **dict(zip(names, self._items, strict=True))}
        self._result = SimulationResult(
            scenario, self._measured, self._callers, kendra, bedrock, items
        )

    def run(self) -> SimulationResult:
        """Run until every job has ended."""
        for number in range(len(self._scenario.models)):
            self._timeline.put(BEGIN + 1 + number, self._ask_single, number)
        self._timeline.put(BEGIN + _SAMPLE_EVERY / 2, self._forecast)
        self._timeline.run()
        return self._result

    def _pacer(self, item: LedgerItem) -> SimulatedPacer:
        return SimulatedPacer(self._timeline, item, self._random)

    def _submit(self, job: int, model: int, lane: Lane) -> None:
        self._measured.was_asked(job, self._timeline.now)
        self._lanes[model][lane].send(job)

    def _ended(self, job: int) -> None:
        if job < self._scenario.questions:
            self._open -= 1
            self._callers[bisect_right(self._firsts, job) - 1].ended()

    def _ask_single(self, model: int) -> None:
        """Ask a single question, and the next one later."""
        if self._open and self._timeline.now < _END:
            self._submit(self._measured.add(), model, Lane.INTERACTIVE)
            pause = SINGLE_EVERY * self._random.uniform(0.5, 1.5)
            self._timeline.put(self._timeline.now + pause, self._ask_single, model)

    def _forecast(self, _: None) -> None:
        """Record a forecast of when some waiting jobs will begin."""
        now = self._timeline.now
        for lanes, item in zip(self._lanes, self._items, strict=True):
            queue = lanes[Lane.BULK]
            item.ledger.turn(now)
            for job, place in queue.sample(_SAMPLED):
                position = max(1, place - queue.head)
                wait = item.ledger.wait(position, Lane.BULK, _GUESS)
                self._measured.forecasts.append((job, now - BEGIN, wait))
        if self._open and now < _END:
            self._timeline.put(now + _SAMPLE_EVERY, self._forecast)
