"""Quotas, and the pace at which the service goes inside them.

The rules are those of the service's bulk lane, which batches go to, told again here because the
client imports nothing of the service. tests/client/test_plan_rules.py holds both sides equal.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from sluice_ops.plan.load import Load

#: The share of a quota that is used.
USED = 0.985
#: Steps of a minute and of a day; one more is watched, since calls may come late in their step.
MINUTE_STEPS, DAY_STEPS = 60, 96
#: Calls' worth that the bulk lane leaves free, at most this share of the quota.
SPARE, MOST_SPARE = 1, 0.5
#: Queries per second that a capacity unit of Kendra serves.
PER_CAPACITY_UNIT = 0.1

#: Seconds until so many questions have begun.
Begun = Callable[[float], float]


def at_once(_: float) -> float:
    """Nothing holds them up."""
    return 0


KENDRA_QUERIES = "KendraQueriesPerSecond"
TOKENS_PER_MINUTE = "ModelTokensPerMinute"
REQUESTS_PER_MINUTE = "ModelRequestsPerMinute"
TOKENS_PER_DAY = "ModelTokensPerDay"


class Impossible(Exception):
    """No question could be answered; the message says why and what to change."""


@dataclass(frozen=True)
class Quotas:
    """The account's quotas, by the words of the template; 0 is no such quota."""

    kendra_queries_per_second: float = 0
    model_tokens_per_minute: float = 0
    model_requests_per_minute: float = 0
    model_tokens_per_day: float = 0


class Limit(Protocol):
    """One quota under a load."""

    @property
    def parameter(self) -> str:
        """Its parameter of the template."""

    @property
    def quota(self) -> float:
        """Its value."""

    @property
    def pace(self) -> float:
        """Questions per second, in the long run."""

    def begun_within(self, questions: int, places: Begun = at_once) -> float:
        """Seconds until so many have begun. `places` tells when they have found a place."""

    def quota_for(self, pace: float) -> float:
        """The quota that would bear that pace."""


@dataclass(frozen=True)
class Spaced:
    """A quota per second: its units are evenly spaced, nothing can be saved up."""

    parameter: str
    quota: float
    units: float

    @property
    def pace(self) -> float:
        return self.quota * USED / self.units

    def begun_within(self, questions: int, places: Begun = at_once) -> float:  # noqa: ARG002
        return (questions - 1) / self.pace

    def quota_for(self, pace: float) -> float:
        return pace * self.units / USED


@dataclass(frozen=True)
class Windowed:
    """A quota of a minute or a day: at most so much in any window, all of it at once if it is free.

    A call takes `booked` units while it runs, and `charged` once it has ended: at most as many.
    """

    parameter: str
    quota: float
    booked: float
    charged: float
    #: Seconds that a call runs.
    latency: float
    #: Seconds that a booking counts.
    span: float
    #: Each call is one unit, and not so many tokens more or less.
    counts_calls: bool

    @property
    def per_window(self) -> float:
        """Questions that any window holds, with so many calls running as its pace has."""
        further = self._room / self._each
        # Calls are counted whole; tokens differ from call to call, and on average half of one is
        # left over.
        return int(further) + 1 if self.counts_calls else max(1, further + 0.5)

    @property
    def pace(self) -> float:
        return self.per_window / self.span

    def begun_within(self, questions: int, places: Begun = at_once) -> float:
        windows, rest = divmod(questions - 1, self.per_window)
        return windows * self.span + min(self.span, max(self._into_window(rest), places(rest + 1)))

    def quota_for(self, pace: float) -> float:
        calls = pace * self.span
        room = (math.ceil(calls) - 1 if self.counts_calls else calls - 0.5) * self._each
        # Beside the room itself: the call that is booked last, and what is spared.
        return (room + (1 + SPARE) * self.booked) / USED

    @property
    def _each(self) -> float:
        """Units of a window that a call takes on average, with what it reserves while it runs."""
        return self.charged + (self.booked - self.charged) * min(1, self.latency / self.span)

    @property
    def _room(self) -> float:
        """Units that may be booked before the last call that still fits."""
        limit = self.quota * USED
        spare = min(limit * MOST_SPARE, self.booked * SPARE)
        return max(0.0, limit - spare - self.booked)

    def _into_window(self, calls: float) -> float:
        """Seconds from a window's start until so many calls after the first have begun.

        What calls that run have reserved beyond their charge is free again only as they end: so
        they begin in rounds, of which each leaves the same share of the room.
        """
        free = 1 - calls * self.charged / self._room if self._room else 1.0
        kept = 1 - self.charged / self.booked
        if not (0 < free < 1 and 0 < kept < 1):
            return 0
        return self.latency * (math.ceil(math.log(free) / math.log(kept)) - 1)


def limits(quotas: Quotas, load: Load) -> list[Limit]:
    """The quotas there are. Raises Impossible if one of them bears not a single question."""
    found: list[Limit] = []
    if quota := quotas.kendra_queries_per_second:
        found.append(Spaced(KENDRA_QUERIES, quota, load.queries))
    for parameter, quota, seconds, steps in (
        (TOKENS_PER_MINUTE, quotas.model_tokens_per_minute, 60, MINUTE_STEPS),
        (REQUESTS_PER_MINUTE, quotas.model_requests_per_minute, 60, MINUTE_STEPS),
        (TOKENS_PER_DAY, quotas.model_tokens_per_day, 86_400, DAY_STEPS),
    ):
        counts_calls = parameter == REQUESTS_PER_MINUTE
        booked, charged = (1.0, 1.0) if counts_calls else (load.booked, load.charged)
        if quota:
            _check(parameter, quota, 1 if counts_calls else load.reserved, load)
            span = seconds * (steps + 1) / steps
            found.append(
                Windowed(parameter, quota, booked, charged, load.latency, span, counts_calls)
            )
    return found


def _check(parameter: str, quota: float, reserved: float, load: Load) -> None:
    if reserved <= quota * USED:
        return
    least = math.ceil(reserved / USED)
    if parameter == REQUESTS_PER_MINUTE:
        raise Impossible(f"{parameter}={quota:,.0f} lets no call through; it must be {least}.")
    raise Impossible(
        f"No question could be answered: a prompt of {load.input_tokens:,} tokens and "
        f"MaxOutputTokens={load.max_output_tokens:,} reserve {reserved:,.0f} at once, and of "
        f"{parameter}={quota:,.0f} the service uses {quota * USED:,.0f} (98.5 %). "
        f"Lower MaxOutputTokens or PassageTokens, or raise {parameter} to {least:,}."
    )
