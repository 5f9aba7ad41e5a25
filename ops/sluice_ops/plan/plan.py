"""Plan: a deployment's pace, its drain time, what to set, and what it costs."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sluice.pace.ledger import Quotas
from sluice.work.attempt_output import KEPT_FOR_AN_ANSWER
from sluice_ops.plan.cost import Cost, cost_of_a_thousand, standing_costs
from sluice_ops.plan.faster import (
    Faster,
    Leaner,
    capacity_units,
    leaner,
    pace_of,
    pace_of_work,
    twice,
)
from sluice_ops.plan.limits import PARAMETERS, Impossible, Limit, limits
from sluice_ops.plan.load import Load
from sluice_ops.plan.places import Places, places_for
from sluice_ops.plan.prices import Prices
from sluice_ops.plan.template import (
    GIVE_UP_MINUTES,
    MAX_OPEN_JOBS_PER_CALLER,
    MOST_CONCURRENCY,
    MOST_GIVE_UP_MINUTES,
    WORKER_TIMEOUT,
)
from sluice_ops.plan.use import Burst, uses

#: Seconds that a worker has: it stops this many before its timeout (src/worker/app.py).
_MARGIN = 5
_EXECUTION = WORKER_TIMEOUT - _MARGIN
MAX_CONCURRENCY = "MaxConcurrency"
#: GiveUpMinutes should be this many times the drain.
_PATIENCE = 1.25


@dataclass(frozen=True)
class Plan:
    """What a deployment with these quotas does under this load. Times are in seconds."""

    load: Load
    quotas: Quotas
    limits: list[Limit]
    #: The parameter that this load waits for.
    binding: str
    #: Questions per second in the long run.
    pace: float
    places: Places
    #: Seconds until the last question has its answer.
    drain: float
    #: For the template, in the order in which to write them.
    parameters: dict[str, float | str]
    cost: list[Cost]
    standing: list[Cost]
    faster: Faster
    leaner: Leaner | None
    #: What to know before relying on it, one sentence or two each.
    warnings: list[str]

    def begun_within(self, limit: Limit) -> float:
        """Return the seconds until the last question has begun if this were the only limit."""
        return limit.begun_within(self.load.questions, self.places.begun_within)

    @property
    def waits_for_places(self) -> bool:
        """Whether jobs wait for free executions only, so that more quota would not help."""
        return self.binding == MAX_CONCURRENCY


def make_plan(
    quotas: Quotas, load: Load, prices: Prices, further: Mapping[str, str] | None = None
) -> Plan:
    """Return the plan. `further` are other parameters to set, unless they are empty.

    Raises Impossible if the quotas or the worker's time are too small for a single question.
    """
    if load.latency + 1 > _EXECUTION:
        raise Impossible(
            f"No question could be answered: an execution has {_EXECUTION} seconds, and a model "
            f"call takes {load.latency:g}. Lower MaxOutputTokens or choose a faster model."
        )
    found = limits(quotas, load)
    pace = pace_of(found, load.questions)
    places = places_for(pace_of_work(found, load.questions), load)
    if not places.suffice:
        pace = min(pace, places.count / load.work_seconds)
    binding, begun = _binding(found, load, places)
    drain = begun + load.slowest_seconds
    burst = Burst(load, found, binding, places, pace, drain)
    units = capacity_units(quotas.queries_per_second)
    return Plan(
        load,
        quotas,
        found,
        binding,
        pace,
        places,
        drain,
        _parameters(quotas, load, places, drain)
        | {name: value for name, value in (further or {}).items() if value},
        cost_of_a_thousand(uses(burst), prices),
        standing_costs(units, prices) if quotas.queries_per_second else [],
        twice(found, load),
        leaner(quotas, load),
        list(_warnings(load, places, drain)),
    )


def _binding(found: list[Limit], load: Load, places: Places) -> tuple[str, float]:
    """Return the parameter that the load waits for, and for how many seconds."""
    questions = load.questions
    begun = max(limit.begun_within(questions, places.begun_within) for limit in found)
    by_places = places.begun_within(questions)
    longest = max(found, key=lambda limit: limit.begun_within(questions))
    if by_places >= longest.begun_within(questions):
        return MAX_CONCURRENCY, max(begun, by_places)
    return longest.parameter, begun


def _parameters(quotas: Quotas, load: Load, places: Places, drain: float) -> dict[str, float | str]:
    given = {parameter: getattr(quotas, name) for name, parameter in PARAMETERS.items()}
    parameters: dict[str, float | str] = {name: value for name, value in given.items() if value}
    parameters |= {
        "ModelOutputBurndown": load.burndown,
        "MaxOutputTokens": load.max_output_tokens,
        "MaxConcurrency": places.max_concurrency,
        "BatchSize": places.batch_size,
    }
    if (minutes := _give_up_minutes(load, drain)) > GIVE_UP_MINUTES:
        parameters["GiveUpMinutes"] = min(minutes, MOST_GIVE_UP_MINUTES)
    return parameters


def _give_up_minutes(load: Load, drain: float) -> int:
    """Return the minutes that a job should be allowed to wait, counted from its submission."""
    longest = drain * min(1, MAX_OPEN_JOBS_PER_CALLER / load.questions)
    return math.ceil(longest * _PATIENCE / 600) * 10


def _warnings(load: Load, places: Places, drain: float) -> Iterator[str]:
    if load.latency > KEPT_FOR_AN_ANSWER:
        yield (
            f"A worker keeps {KEPT_FOR_AN_ANSWER} seconds for an answer whose turn comes late. "
            f"Some calls of {load.latency:g} seconds will be cut and started again."
        )
    if _give_up_minutes(load, drain) > MOST_GIVE_UP_MINUTES:
        yield (
            f"A job waits for at most {MOST_GIVE_UP_MINUTES // 1_440} days (GiveUpMinutes). "
            "Split these questions into several bursts."
        )
    if not places.suffice:
        yield (
            f"The quotas allow {places.at_work:,.0f} questions at a time, but there can be at most "
            f"{places.count:,}: MaxConcurrency ends at {MOST_CONCURRENCY:,}."
        )
