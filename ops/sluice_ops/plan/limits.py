"""Limits: for each quota, the pace that it allows under a load.

The paces come from the service's own ledger, which books the calls of a burst in the bulk lane. So
a plan always follows the service's rules.
"""

import math
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from sluice.job.job import Lane
from sluice.pace.booking import NOTHING
from sluice.pace.learned_quota import USED
from sluice.pace.ledger import Ledger, Quotas, Units
from sluice_ops.plan.load import Load

#: Queries per second that a capacity unit of Kendra serves.
PER_CAPACITY_UNIT = 0.1

KENDRA_QUERIES = "KendraQueriesPerSecond"
REQUESTS_PER_MINUTE = "ModelRequestsPerMinute"
TOKENS_PER_DAY = "ModelTokensPerDay"

#: The template's parameter for each quota, in the order in which to write them.
PARAMETERS = {
    "queries_per_second": KENDRA_QUERIES,
    "tokens_per_minute": "ModelTokensPerMinute",
    "requests_per_minute": REQUESTS_PER_MINUTE,
    "tokens_per_day": TOKENS_PER_DAY,
}

#: Returns the seconds until that many questions have begun.
Begun = Callable[[float], float]


def at_once(_: float) -> float:
    """Return 0: nothing delays them."""
    return 0


class Impossible(Exception):
    """No question could be answered; the message says why and what to change."""


class Limit(Protocol):
    """One quota under a load."""

    @property
    def name(self) -> str:
        """The quota's field in Quotas."""

    @property
    def quota(self) -> float:
        """Its value."""

    @property
    def parameter(self) -> str:
        """Its parameter in the template."""

    @property
    def pace(self) -> float:
        """Questions per second, in the long run."""

    def begun_within(self, questions: int, places: Begun = at_once) -> float:
        """Return the seconds until N questions have begun. `places`: when each finds a place."""

    def quota_for(self, pace: float) -> float:
        """Return the quota that allows that pace."""


@dataclass(frozen=True)
class _Named:
    name: str
    quota: float
    load: Load

    @property
    def parameter(self) -> str:
        return PARAMETERS[self.name]

    def _ledger(self) -> Ledger:
        """Return the service's ledger of this quota, with nothing booked at second 0."""
        return Ledger(Quotas(**{self.name: self.quota}), {}, 0)


class Spaced(_Named):
    """A quota per second: its units are evenly spaced, and unused ones are lost."""

    @cached_property
    def pace(self) -> float:
        return 1 / (self.load.queries * self._ledger().wait(2, Lane.BULK))

    def begun_within(self, questions: int, places: Begun = at_once) -> float:  # noqa: ARG002
        return (questions - 1) / self.pace

    def quota_for(self, pace: float) -> float:
        return self.quota * pace / self.pace


class Windowed(_Named):
    """A quota per minute or day: any window of that length may use it all, also at once.

    A call takes `booked` units while it runs, and `charged` units once it has ended.
    """

    @property
    def is_enough(self) -> bool:
        """Whether the quota allows a call at all."""
        return self._ledger().fits(Units(self.load.reserved))

    @property
    def pace(self) -> float:
        return self.per_window / self.span

    @cached_property
    def per_window(self) -> float:
        """Questions that begin in one window, while earlier calls still hold their reservations."""
        further = self._room / self._each
        # Only whole calls count. Tokens differ from call to call, so on average half a call is left
        # over.
        return int(further) + 1 if self._counts_calls else max(1, further + 0.5)

    @cached_property
    def span(self) -> float:
        """Seconds for which a booking counts."""
        ledger, all_of_it = self._ledger(), self._units(self.quota)
        ledger.book(all_of_it, Lane.INTERACTIVE, math.inf)
        _, free_again = ledger.book(all_of_it, Lane.INTERACTIVE, until=0)
        return free_again

    @cached_property
    def booked(self) -> float:
        if self._counts_calls:
            return 1
        call = Units(self.load.reserved, at_most=self.load.charged)
        return self._ledger().expect(call).tokens

    @property
    def charged(self) -> float:
        return 1 if self._counts_calls else self.load.charged

    def begun_within(self, questions: int, places: Begun = at_once) -> float:
        windows, rest = divmod(questions - 1, self.per_window)
        return windows * self.span + min(self.span, max(self._into_window(rest), places(rest + 1)))

    def quota_for(self, pace: float) -> float:
        def pace_with(quota: float) -> float:
            return replace(self, quota=quota).pace

        most = math.ceil(self.quota)
        while pace_with(most) < pace:
            most *= 2
        return bisect_left(range(most), pace, lo=most // 2, key=pace_with)

    @property
    def _counts_calls(self) -> bool:
        return self.parameter == REQUESTS_PER_MINUTE

    def _units(self, amount: float) -> Units:
        return Units(0, amount) if self._counts_calls else Units(amount, 0)

    @property
    def _each(self) -> float:
        """Units that a call takes of a window on average, reserved ones included."""
        running = min(1, self.load.latency / self.span)
        return self.charged + (self.booked - self.charged) * running

    @cached_property
    def _room(self) -> int:
        """The most units in use at which the bulk lane may still book a call at once."""
        return bisect_left(range(math.ceil(self.quota)), True, key=self._is_full) - 1

    def _is_full(self, taken: int) -> bool:
        ledger = self._ledger()
        ledger.settle(NOTHING, self._units(taken), 0)
        _, at = ledger.book(self._units(self.booked), Lane.BULK, math.inf)
        return at > 0

    def _into_window(self, calls: float) -> float:
        """Return seconds from a window's start until that many calls after the first have begun.

        A running call reserves more than it is charged in the end. The difference becomes free when
        it ends, so calls begin in rounds, and each round uses the same share of what is free.
        """
        free = 1 - calls * self.charged / self._room if self._room else 1.0
        kept = 1 - self.charged / self.booked
        if not (0 < free < 1 and 0 < kept < 1):
            return 0
        return self.load.latency * (math.ceil(math.log(free) / math.log(kept)) - 1)


def limits(quotas: Quotas, load: Load) -> list[Limit]:
    """Return a limit for each quota that is set.

    Raises Impossible if one of them is too small for a single question.
    """
    found: list[Limit] = []
    for name, parameter in PARAMETERS.items():
        if not (quota := getattr(quotas, name)):
            continue
        if parameter == KENDRA_QUERIES:
            found.append(Spaced(name, quota, load))
        else:
            window = Windowed(name, quota, load)
            _check(window, load)
            found.append(window)
    return found


def _check(window: Windowed, load: Load) -> None:
    if window.is_enough:
        return
    parameter, quota = window.parameter, window.quota
    if parameter == REQUESTS_PER_MINUTE:
        raise Impossible(f"{parameter}={quota:g} allows no call; it must be at least 2.")
    raise Impossible(
        f"No question could be answered: a prompt of {load.input_tokens:,} tokens and "
        f"MaxOutputTokens={load.max_output_tokens:,} reserve {load.reserved:,.0f} at once, and of "
        f"{parameter}={quota:,.0f} the service uses {quota * USED:,.0f} ({USED:.1%}). Lower "
        f"MaxOutputTokens or PassageTokens, or raise {parameter} to "
        f"{math.ceil(load.reserved / USED):,}."
    )
