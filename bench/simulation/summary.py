"""The summary of a burst. Times are in seconds of simulated time."""

from dataclasses import dataclass
from statistics import median

from bench.simulation.burst import SimulationResult
from bench.simulation.pacer import LedgerItem


@dataclass(frozen=True)
class ModelSummary:
    """One model's part of the burst. `ideal` is tokens charged / tokens per second."""

    name: str
    questions: int
    ideal: float
    drain: float
    #: Calls that a quota of each shape would have throttled.
    throttled: dict[str, int]
    #: (time since the beginning, answers so far).
    answers: list[tuple[float, int]]
    began: float


@dataclass(frozen=True)
class LedgerSummary:
    """The use of one ledger's item."""

    name: str
    #: Per second, on average over the seconds with a write, and the most in one second.
    bookings: float
    writes: float
    most_writes: int
    #: Tries that lost to another worker's write, for each write.
    conflicts: float
    #: Groups of entries that lost every try.
    abandoned: int


@dataclass(frozen=True)
class CallerSummary:
    """One caller's burst, from its first question to its last answer."""

    number: int
    model: str
    questions: int
    in_batches: bool
    seconds: float


@dataclass(frozen=True)
class Summary:
    """The whole burst."""

    models: list[ModelSummary]
    kendra_throttled: int
    kendra_calls: int
    items: list[LedgerSummary]
    callers: list[CallerSummary]
    #: Questions that never ended, and that ended more than once.
    lost: int
    repeated: int
    receives: float
    most_receives: int
    give_backs: int
    #: Of single questions: (when, seconds not counting the upstreams' work).
    waits: list[tuple[float, float]]
    #: Of waiting jobs: (forecast seconds until they begin, actual ones).
    forecasts: list[tuple[float, float]]

    @property
    def throttled(self) -> int:
        """Calls that any shape of any quota would have throttled."""
        return self.kendra_throttled + sum(sum(each.throttled.values()) for each in self.models)

    def wait(self, share: float) -> float:
        """The wait that this share of the single questions does not exceed."""
        return _quantile([seconds for _, seconds in self.waits], share)

    def forecast_error(self, share: float) -> float:
        """The relative error that this share of the forecasts does not exceed."""
        errors = [abs(said - real) / max(1, real) for said, real in self.forecasts]
        return _quantile(errors, share)


def summarize(result: SimulationResult) -> Summary:
    """Summarize what was measured."""
    measured, questions = result.measured, result.scenario.questions
    singles = range(questions, len(measured.ends))
    kendra = result.kendra
    return Summary(
        models=[_model(result, number) for number in range(len(result.bedrock))],
        kendra_throttled=sum(kendra.throttled.values()),
        kendra_calls=kendra.calls,
        items=[_item(name, item) for name, item in result.items.items()],
        callers=_callers(result),
        lost=measured.ends.count(0),
        repeated=sum(ends > 1 for ends in measured.ends),
        receives=sum(measured.receives) / len(measured.receives),
        most_receives=max(measured.receives),
        give_backs=measured.gave_back,
        waits=[
            (
                measured.asked[job],
                measured.finished[job] - measured.asked[job] - measured.service[job],
            )
            for job in singles
        ],
        forecasts=[(wait, measured.begun[job] - at) for job, at, wait in measured.forecasts],
    )


def _model(result: SimulationResult, number: int) -> ModelSummary:
    model, upstream = result.scenario.models[number], result.bedrock[number]
    asked, finished = result.measured.asked, result.measured.finished
    jobs = [each.jobs for each in result.callers if each.model == number and each.jobs]
    began = min(asked[each.start] for each in jobs)
    ended = max(max(finished[each.start : each.stop]) for each in jobs)
    so_far = 0
    answers: list[tuple[float, int]] = []
    for at, count in sorted(result.measured.answers[number].items()):
        so_far += count
        answers.append((at, so_far))
    return ModelSummary(
        name=model.name,
        questions=sum(len(each) for each in jobs),
        ideal=60 * upstream.charged / model.tokens_per_minute,
        drain=ended - began,
        throttled=upstream.throttled,
        answers=answers,
        began=began,
    )


def _item(name: str, item: LedgerItem) -> LedgerSummary:
    writes, seconds = sum(item.writes.values()), max(1, len(item.writes))
    return LedgerSummary(
        name=name,
        bookings=item.bookings / seconds,
        writes=writes / seconds,
        most_writes=max(item.writes.values(), default=0),
        conflicts=item.conflicts / max(1, writes),
        abandoned=item.abandoned,
    )


def _callers(result: SimulationResult) -> list[CallerSummary]:
    asked, finished = result.measured.asked, result.measured.finished
    return [
        CallerSummary(
            number=number,
            model=result.scenario.models[caller.model].name,
            questions=len(caller.jobs),
            in_batches=caller.in_batches,
            seconds=max(finished[caller.jobs.start : caller.jobs.stop]) - asked[caller.jobs.start],
        )
        for number, caller in enumerate(result.callers, start=1)
        if caller.jobs
    ]


def _quantile(values: list[float], share: float) -> float:
    if not values:
        return 0
    if share == 0.5:
        return median(values)
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]
