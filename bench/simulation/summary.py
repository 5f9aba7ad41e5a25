"""What a burst comes to. Times are in seconds of simulated time."""

from dataclasses import dataclass
from statistics import median

from bench.simulation.burst import Outcome
from bench.simulation.counter import Item


@dataclass(frozen=True)
class ModelSummary:
    """One model's part of the burst. `ideal` is tokens charged / tokens per second."""

    name: str
    questions: int
    ideal: float
    drain: float
    #: Calls that each shape of quota would have throttled.
    throttled: dict[str, int]
    #: Answers so far, by time since the beginning.
    answers: list[tuple[float, int]]
    began: float


@dataclass(frozen=True)
class ItemSummary:
    """One ledger's item."""

    name: str
    bookings: float
    #: Per second, on average of the seconds with any, and in the worst second.
    writes: float
    most_writes: int
    #: Tries that another worker overtook, for each write.
    overtaken: float
    #: Groups of entries that were overtaken at every try.
    crowded: int


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
    """All of it."""

    models: list[ModelSummary]
    kendra_throttled: int
    kendra_calls: int
    items: list[ItemSummary]
    callers: list[CallerSummary]
    #: Questions that did not end, and that ended more than once.
    lost: int
    repeated: int
    receives: float
    most_receives: int
    give_backs: int
    #: Of questions asked now and then: when, and seconds beyond the upstreams' own.
    waits: list[tuple[float, float]]
    #: Of waiting jobs: seconds until they would begin as it was forecast, and as it was.
    forecasts: list[tuple[float, float]]

    @property
    def throttled(self) -> int:
        """Calls that any shape of any quota would have throttled."""
        return self.kendra_throttled + sum(sum(each.throttled.values()) for each in self.models)

    def wait(self, share: float) -> float:
        """The wait that this share of the questions asked now and then stays below."""
        return _quantile([seconds for _, seconds in self.waits], share)

    def forecast_error(self, share: float) -> float:
        """The relative error that this share of the forecasts stays below."""
        errors = [abs(told - real) / max(1, real) for told, real in self.forecasts]
        return _quantile(errors, share)


def summarize(outcome: Outcome) -> Summary:
    """Count together what happened."""
    figures, questions = outcome.figures, outcome.scenario.questions
    now_and_then = range(questions, len(figures.ends))
    kendra = outcome.kendra
    return Summary(
        models=[_model(outcome, number) for number in range(len(outcome.bedrock))],
        kendra_throttled=sum(kendra.throttled.values()),
        kendra_calls=kendra.calls,
        items=[_item(name, item) for name, item in outcome.items.items()],
        callers=_callers(outcome),
        lost=figures.ends.count(0),
        repeated=sum(ends > 1 for ends in figures.ends),
        receives=sum(figures.receives) / len(figures.receives),
        most_receives=max(figures.receives),
        give_backs=figures.gave_back,
        waits=[
            (
                figures.asked[job],
                figures.finished[job] - figures.asked[job] - figures.service[job],
            )
            for job in now_and_then
        ],
        forecasts=[(told, figures.begun[job] - at) for job, at, told in figures.forecasts],
    )


def _model(outcome: Outcome, number: int) -> ModelSummary:
    model, upstream = outcome.scenario.models[number], outcome.bedrock[number]
    asked, finished = outcome.figures.asked, outcome.figures.finished
    jobs = [each.jobs for each in outcome.callers if each.model == number and each.jobs]
    began = min(asked[each.start] for each in jobs)
    ended = max(max(finished[each.start : each.stop]) for each in jobs)
    so_far = 0
    answers: list[tuple[float, int]] = []
    for at, count in sorted(outcome.figures.answers[number].items()):
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


def _item(name: str, item: Item) -> ItemSummary:
    writes, seconds = sum(item.writes.values()), max(1, len(item.writes))
    return ItemSummary(
        name=name,
        bookings=item.bookings / seconds,
        writes=writes / seconds,
        most_writes=max(item.writes.values(), default=0),
        overtaken=item.overtaken / max(1, writes),
        crowded=item.crowded,
    )


def _callers(outcome: Outcome) -> list[CallerSummary]:
    asked, finished = outcome.figures.asked, outcome.figures.finished
    return [
        CallerSummary(
            number=number,
            model=outcome.scenario.models[caller.model].name,
            questions=len(caller.jobs),
            in_batches=caller.in_batches,
            seconds=max(finished[caller.jobs.start : caller.jobs.stop]) - asked[caller.jobs.start],
        )
        for number, caller in enumerate(outcome.callers, start=1)
        if caller.jobs
    ]


def _quantile(values: list[float], share: float) -> float:
    if not values:
        return 0
    if share == 0.5:
        return median(values)
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]
