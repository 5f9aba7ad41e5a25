"""Faster: what to raise for twice the pace, and the gain of a smaller maxTokens."""

import math
from dataclasses import dataclass

from sluice.pace.ledger import Quotas
from sluice_ops.plan.limits import (
    KENDRA_QUERIES,
    PER_CAPACITY_UNIT,
    TOKENS_PER_DAY,
    Limit,
    limits,
)
from sluice_ops.plan.load import Load
from sluice_ops.plan.places import Places, places_for

#: A smaller gain is not printed.
_LEAST_GAIN = 0.01
#: maxTokens is proposed in these steps, with room for answers of twice the expected length.
_STEP, _ROOM = 50, 2


@dataclass(frozen=True)
class Faster:
    """What to raise for twice the pace."""

    #: Parameters and the values that they must be raised to.
    raises: dict[str, float]
    places: Places


@dataclass(frozen=True)
class Leaner:
    """A smaller maxTokens, and the pace that it alone would add: 0.1 is a tenth more."""

    max_output_tokens: int
    gain: float


def pace_of(found: list[Limit], questions: int) -> float:
    """Return questions per second in the long run. A daily quota counts if they take over a day."""
    holding = [limit.pace for limit in found if _holds(limit, questions)]
    return min(holding or [limit.pace for limit in found])


def pace_of_work(found: list[Limit], questions: int) -> float:
    """Return the pace at which workers answer jobs.

    A job that a daily quota delays goes back to the queue, so it occupies no worker.
    """
    of_minutes = [limit for limit in found if limit.parameter != TOKENS_PER_DAY]
    return pace_of(of_minutes or found, questions)


def twice(found: list[Limit], load: Load) -> Faster:
    """Return what to raise for twice the pace."""
    goal = 2 * pace_of(found, load.questions)
    raises = {
        limit.parameter: _round(limit.parameter, limit.quota_for(goal))
        for limit in found
        if limit.pace < goal and _holds(limit, load.questions)
    }
    at_work = max(goal, pace_of_work(found, load.questions))
    return Faster(raises, places_for(at_work, load))


def leaner(quotas: Quotas, load: Load) -> Leaner | None:
    """Return a smaller maxTokens that gains something, or None."""
    smaller = math.ceil(_ROOM * load.output_tokens / _STEP) * _STEP
    if smaller >= load.max_output_tokens:
        return None
    now = pace_of(limits(quotas, load), load.questions)
    then = pace_of(limits(quotas, load.reserving(smaller)), load.questions)
    gain = then / now - 1
    return Leaner(smaller, gain) if gain >= _LEAST_GAIN else None


def capacity_units(queries_per_second: float) -> int:
    """Return the capacity units that Kendra requires for this many queries per second."""
    return max(1, math.ceil(round(queries_per_second / PER_CAPACITY_UNIT, 6)))


def _holds(limit: Limit, questions: int) -> bool:
    """Return whether a limit can delay this many questions. A daily quota may be large enough."""
    return limit.parameter != TOKENS_PER_DAY or limit.begun_within(questions) >= 86_400


def _round(parameter: str, quota: float) -> float:
    """Round up to three significant digits, or to whole capacity units."""
    if parameter == KENDRA_QUERIES:
        return round(capacity_units(quota) * PER_CAPACITY_UNIT, 6)
    magnitude = 10.0 ** max(0, math.floor(math.log10(quota)) - 2)
    return math.ceil(quota / magnitude) * magnitude
