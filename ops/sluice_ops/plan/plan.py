"""The plan: a deployment's pace, its drain time, what to set, and what it costs."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

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
from sluice_ops.plan.load import MOST_OPEN, Load
from sluice_ops.plan.places import MOST_CONCURRENCY, Places, places_for
from sluice_ops.plan.prices import Prices
from sluice_ops.plan.quotas import Impossible, Limit, Quotas, limits
from sluice_ops.plan.use import Burst, uses

#: Seconds that the worker keeps for an answer once its turn has come, and all that it has.
_KEPT_FOR_AN_ANSWER, _EXECUTION = 60, 295
MAX_CONCURRENCY = "MaxConcurrency"
#: GiveUpMinutes: its default, its most, and how much longer than the drain it should be.
_GIVE_UP, _LONGEST_GIVE_UP, _PATIENCE = 360, 4_320, 1.25


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
    #: Until the last question has its answer.
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
        """Until the last question has begun, if there were no other limit."""
        return limit.begun_within(self.load.questions, self.places.begun_within)

    @property
    def waits_for_places(self) -> bool:
        """Whether more quota would gain nothing: what is free at the start is enough."""
        return self.binding == MAX_CONCURRENCY


def make_plan(
    quotas: Quotas, load: Load, prices: Prices, also: Mapping[str, str] | None = None
) -> Plan:
    """The plan. Raises Impossible if the quotas or the worker's time bear not a single question.

    `also` are parameters to set besides.
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
    units = capacity_units(quotas.kendra_queries_per_second)
    return Plan(
        load,
        quotas,
        found,
        binding,
        pace,
        places,
        drain,
        {**_parameters(quotas, load, places, drain), **(also or {})},
        cost_of_a_thousand(uses(burst), prices),
        standing_costs(units, prices) if quotas.kendra_queries_per_second else [],
        twice(found, load),
        leaner(quotas, load),
        list(_warnings(load, places, drain)),
    )


def _binding(found: list[Limit], load: Load, places: Places) -> tuple[str, float]:
    """The parameter that the load waits for, and until when."""
    questions = load.questions
    begun = max(limit.begun_within(questions, places.begun_within) for limit in found)
    by_places = places.begun_within(questions)
    longest = max(found, key=lambda limit: limit.begun_within(questions))
    if by_places >= longest.begun_within(questions):
        return MAX_CONCURRENCY, max(begun, by_places)
    return longest.parameter, begun


def _parameters(quotas: Quotas, load: Load, places: Places, drain: float) -> dict[str, float | str]:
    given = {
        "KendraQueriesPerSecond": quotas.kendra_queries_per_second,
        "ModelTokensPerMinute": quotas.model_tokens_per_minute,
        "ModelRequestsPerMinute": quotas.model_requests_per_minute,
        "ModelTokensPerDay": quotas.model_tokens_per_day,
    }
    parameters: dict[str, float | str] = {name: value for name, value in given.items() if value}
    parameters |= {
        "ModelOutputBurndown": load.burndown,
        "MaxOutputTokens": load.max_output_tokens,
        "MaxConcurrency": places.max_concurrency,
        "BatchSize": places.batch_size,
    }
    if (minutes := _give_up_minutes(load, drain)) > _GIVE_UP:
        parameters["GiveUpMinutes"] = min(minutes, _LONGEST_GIVE_UP)
    return parameters


def _give_up_minutes(load: Load, drain: float) -> int:
    """How long a job should be allowed to wait, which it does from being sent on."""
    longest = drain * min(1, MOST_OPEN / load.questions)
    return math.ceil(longest * _PATIENCE / 600) * 10


def _warnings(load: Load, places: Places, drain: float) -> Iterator[str]:
    if load.latency > _KEPT_FOR_AN_ANSWER:
        yield (
            f"A worker keeps {_KEPT_FOR_AN_ANSWER} seconds for an answer whose turn came late: "
            f"of calls of {load.latency:g} seconds some are cut and begun anew."
        )
    if _give_up_minutes(load, drain) > _LONGEST_GIVE_UP:
        yield (
            f"A job waits for at most {_LONGEST_GIVE_UP // 1_440} days (GiveUpMinutes): "
            "ask so many questions in several bursts."
        )
    if not places.suffice:
        yield (
            f"The quotas bear {places.at_work:,.0f} questions at a time, and {places.count:,} is "
            f"the most there can be: MaxConcurrency ends at {MOST_CONCURRENCY:,}."
        )
