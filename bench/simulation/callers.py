"""Callers: how many questions each asks, how fast, and in which lane."""

from collections.abc import Callable
from random import Random

from bench.simulation.scenario import MANY_OPEN, Scenario
from bench.simulation.timeline import Timeline
from sluice.job.job import Lane

#: Questions in one POST /batches, and seconds from one request of a caller to the next.
_BATCH, _BETWEEN_BATCHES, _BETWEEN_SINGLES = 100, 0.3, 0.01
#: Seconds within which all callers begin.
_ALL_BEGIN = 60
#: Every third caller asks one question at a time.
_SINGLES = 3

#: Accepts a job: its number, the number of its model, its lane.
Submit = Callable[[int, int, Lane], None]


class Caller:
    """Asks a burst of questions; `jobs` are their numbers."""

    def __init__(
        self, timeline: Timeline, submit: Submit, model: int, jobs: range, *, in_batches: bool
    ) -> None:
        self._timeline = timeline
        self._submit = submit
        self._left = iter(jobs)
        self.in_batches = in_batches
        self.model = model
        self.jobs = jobs
        self._open = 0

    def ask(self, _: None) -> None:
        """Send the next request, and schedule the one after it."""
        for _n in range(_BATCH if self.in_batches else 1):
            job = next(self._left, None)
            if job is None:
                return
            is_interactive = self._open < MANY_OPEN and not self.in_batches
            self._open += 1
            self._submit(job, self.model, Lane.INTERACTIVE if is_interactive else Lane.BULK)
        pause = _BETWEEN_BATCHES if self.in_batches else _BETWEEN_SINGLES
        self._timeline.put(self._timeline.now + pause, self.ask)

    def ended(self) -> None:
        """Count one of the caller's jobs as ended."""
        self._open -= 1


def callers(scenario: Scenario, timeline: Timeline, submit: Submit, random: Random) -> list[Caller]:
    """Make all callers, with realistically uneven shares, and schedule their first requests."""
    found: list[Caller] = []
    first = 0
    for model, count, questions in _portions(scenario):
        weights = [random.lognormvariate(0, 1.2) for _ in range(count)]
        # Scripts that ask one question at a time do not have the largest bursts.
        by_weight = sorted(weights, reverse=True)
        ends = [round(questions * sum(by_weight[: n + 1]) / sum(by_weight)) for n in range(count)]
        for n, (start, end) in enumerate(zip([0, *ends], ends, strict=False)):
            jobs = range(first + start, first + end)
            in_batches = n % _SINGLES != _SINGLES - 1
            caller = Caller(timeline, submit, model, jobs, in_batches=in_batches)
            timeline.put(timeline.now + random.random() * _ALL_BEGIN, caller.ask)
            found.append(caller)
        first += questions
    return found


def _portions(scenario: Scenario) -> list[tuple[int, int, int]]:
    """The number, the callers and the questions of each model."""
    models = len(scenario.models)
    portions = []
    for number, model in enumerate(scenario.models):
        count = scenario.callers // models + (number < scenario.callers % models)
        portions.append((number, max(1, count), round(scenario.questions * scenario.share(model))))
    left = scenario.questions - sum(questions for *_, questions in portions)
    number, count, questions = portions[-1]
    return [*portions[:-1], (number, count, questions + left)]
