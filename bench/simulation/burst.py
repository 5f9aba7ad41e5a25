"""One burst from the first question to the last answer."""

from bisect import bisect_right
from dataclasses import dataclass
from random import Random

from bench.simulation.callers import Caller, callers
from bench.simulation.counter import Counter, Item
from bench.simulation.figures import Figures
from bench.simulation.lane import LaneQueue
from bench.simulation.scenario import MAX_TOKENS, PROMPT, Scenario
from bench.simulation.timeline import BEGIN, Timeline
from bench.simulation.upstream import Upstream
from bench.simulation.worker import Site, Worker
from local.quota import Bucket, Shape, shaped
from sluice.job.job import Lane
from sluice.pace.ledger import Quotas, Units

#: Seconds between the questions of somebody who asks one now and then, for each model.
_NOW_AND_THEN = 20.0
#: Seconds between samples of the forecast, and waiting jobs in each.
_SAMPLE_EVERY, _SAMPLED = 30.0, 10
#: What has not ended by then is lost: the queues keep messages for four days.
_END = BEGIN + 4 * 86_400
#: What a call takes, for a forecast that knows nothing yet.
_GUESS = Units(sum(PROMPT) / 2 + MAX_TOKENS)


@dataclass(frozen=True)
class Outcome:
    """What became of a burst. Jobs from `scenario.questions` on were asked now and then."""

    scenario: Scenario
    figures: Figures
    callers: list[Caller]
    kendra: Upstream
    bedrock: list[Upstream]
    items: dict[str, Item]


class Burst:
    """Runs a scenario."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._timeline = Timeline()
        self._random = Random(scenario.seed)
        models = scenario.models
        self._figures = Figures(scenario.questions, len(models))
        clock = self._timeline.time
        queries = scenario.queries_per_second
        kendra = Upstream({"bucket": Bucket(max(1, queries), queries, clock)})
        bedrock = [
            Upstream(
                {str(shape): shaped(shape, each.tokens_per_minute, 60, clock) for shape in Shape}
            )
            for each in models
        ]
        index = Item(Quotas(queries_per_second=queries))
        self._items = [Item(Quotas(tokens_per_minute=each.tokens_per_minute)) for each in models]
        self._lanes = [
            {lane: LaneQueue(self._timeline, self._random) for lane in Lane} for _ in models
        ]
        for number, (model, item) in enumerate(zip(models, self._items, strict=True)):
            site = Site(
                self._timeline,
                self._random,
                self._figures,
                model,
                number,
                kendra,
                bedrock[number],
                self._ended,
            )
            for lane, queue in self._lanes[number].items():
                queue.employ(
                    [
                        Worker(site, lane, queue, self._counter(index), self._counter(item))
                        for _ in range(scenario.concurrency)
                    ]
                )
        self._index = index
        self._callers = callers(scenario, self._timeline, self._submit, self._random)
        self._firsts = [caller.jobs.start for caller in self._callers]
        self._open = scenario.questions
        names = [model.name for model in models]
        items = {"Kendra": index, **dict(zip(names, self._items, strict=True))}
        self._outcome = Outcome(scenario, self._figures, self._callers, kendra, bedrock, items)

    def run(self) -> Outcome:
        """Run to the end."""
        for number in range(len(self._scenario.models)):
            self._timeline.put(BEGIN + 1 + number, self._now_and_then, number)
        self._timeline.put(BEGIN + _SAMPLE_EVERY / 2, self._forecast)
        self._timeline.run()
        return self._outcome

    def _counter(self, item: Item) -> Counter:
        return Counter(self._timeline, item, self._random)

    def _submit(self, job: int, model: int, lane: Lane) -> None:
        self._figures.was_asked(job, self._timeline.now)
        self._lanes[model][lane].send(job)

    def _ended(self, job: int) -> None:
        if job < self._scenario.questions:
            self._open -= 1
            self._callers[bisect_right(self._firsts, job) - 1].ended()

    def _now_and_then(self, model: int) -> None:
        """Somebody asks a single question, in the middle of all that."""
        if self._open and self._timeline.now < _END:
            self._submit(self._figures.add(), model, Lane.INTERACTIVE)
            pause = _NOW_AND_THEN * self._random.uniform(0.5, 1.5)
            self._timeline.put(self._timeline.now + pause, self._now_and_then, model)

    def _forecast(self, _: None) -> None:
        """Forecast for some waiting jobs when they will begin."""
        now = self._timeline.now
        for lanes, item in zip(self._lanes, self._items, strict=True):
            queue = lanes[Lane.BULK]
            item.ledger.turn(now)
            for job, ticket in queue.sample(_SAMPLED):
                position = max(1, ticket - queue.head)
                wait = item.ledger.wait(position, Lane.BULK, _GUESS)
                self._figures.forecasts.append((job, now - BEGIN, wait))
        if self._open and now < _END:
            self._timeline.put(now + _SAMPLE_EVERY, self._forecast)
