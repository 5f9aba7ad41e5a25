"""The ledger of one paced resource: the bookings of all its quotas.

The interactive lane may book any time ahead and use the whole quota.
The bulk lane may book only what is almost due, and leaves units free for interactive questions.
So an interactive question waits behind interactive ones and not behind a burst of ten thousand.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from sluice.job.job import Lane
from sluice.pace.even_spacing import EvenSpacing
from sluice.pace.learned_quota import number
from sluice.pace.meter import Meter
from sluice.pace.sliding_window import SlidingWindow

#: Without recent interactive questions, the bulk lane leaves the units of one question free, or
#: this share of the quota if that is more. The charges of calls under way may use some of it.
_SPARE = 0.0025
#: The bulk lane may always use this share, however many interactive questions there are.
_BULK_SHARE = 0.5
#: The average charge of a call is taken over about this number of recent calls.
_AVERAGED = 100
_DAY = 86_400
#: Which of a call's units each meter counts.
_COUNTS = {"tokens": "tokens", "tokens_today": "tokens", "calls": "calls", "queries": "calls"}


@dataclass(frozen=True)
class Quotas:
    """The quotas of one resource. 0 means no such quota. Raises ValueError if one is negative."""

    tokens_per_minute: float = 0
    requests_per_minute: float = 0
    tokens_per_day: float = 0
    queries_per_second: float = 0

    def __post_init__(self) -> None:
        for quota in fields(self):
            if not 0 <= getattr(self, quota.name) < math.inf:
                raise ValueError(f"{quota.name} must be 0 (no quota) or greater.")

    def __bool__(self) -> bool:
        return any(getattr(self, quota.name) for quota in fields(self))


@dataclass(frozen=True)
class Units:
    """The units that one call uses of the quotas of its resource."""

    tokens: float = 0
    calls: float = 1
    #: The highest number of tokens that the call may be charged, if that can exceed `tokens`.
    at_most: float = 0


#: The units of a call of which nothing else is known.
ONE_CALL = Units()


class Ledger:
    """The bookings of one resource at one time, to which `turn` advances it."""

    def __init__(self, quotas: Quotas, state: Mapping[str, Any], now: float) -> None:
        self._quotas = quotas
        try:
            self._load(state, now)
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
            # The stored state cannot be read, so no worker could ever write a new one: start empty.
            self._load({}, now)

    def _load(self, state: Mapping[str, Any], now: float) -> None:
        self._now = now
        self._by_name = _meters(self._quotas, state.get("meters", {}), now)
        #: Each meter, with the name of the unit that it counts.
        self._meters = [(_COUNTS[name], meter) for name, meter in self._by_name.items()]
        #: Seconds that the bulk lane may book ahead.
        self._ahead = min((meter.ahead for _, meter in self._meters), default=0)
        demand = state.get("interactive", {})
        #: The units that the interactive lane booked recently. They decay over a minute.
        self._interactive = {
            unit: max(0.0, number(demand.get(unit, 0))) for unit in ("tokens", "calls")
        }
        self._faded_at = number(demand.get("at", now))
        usual = state.get("usual", {})
        #: The average number of tokens that the last `_usual_of` calls were charged.
        self._usual_tokens = max(0.0, number(usual.get("tokens", 0)))
        self._usual_of = max(0, int(usual.get("of", 0)))
        self._fade()

    def turn(self, now: float) -> None:
        """Advance to the time `now`, in seconds since 1970."""
        if now != self._now:
            self._now = now
            self._fade()
            for _, meter in self._meters:
                meter.turn(now)

    def fits(self, units: Units) -> bool:
        """Whether these units fit into the quotas at all."""
        return all(getattr(units, unit) <= meter.limit for unit, meter in self._meters)

    def expect(self, units: Units) -> Units:
        """The units to book for a call: its own, or what recent calls were charged if that is more.

        Otherwise calls would fill the quota with their first reservation and be charged more later.
        """
        usual = self._usual_tokens if self._usual_of else units.at_most
        if usual <= units.tokens:
            return units
        limits = [meter.limit for unit, meter in self._meters if unit == "tokens"]
        return Units(max(units.tokens, min([usual, *limits])), units.calls)

    def book(self, units: Units, lane: Lane, until: float) -> tuple[bool, float]:
        """Book the earliest time with capacity, if the lane may and it is not after `until`.

        Returns whether the units were booked, and that time.
        """
        at = self._earliest(units, lane)
        ahead = self._ahead if lane is not Lane.INTERACTIVE else math.inf
        if at > min(until, self._now + ahead):
            return False, at
        for unit, meter in self._meters:
            meter.book(getattr(units, unit), at)
        if lane is Lane.INTERACTIVE:
            self._interactive["tokens"] += units.tokens
            self._interactive["calls"] += units.calls
        return True, at

    def settle(self, booked: Units, charged: Units, at: float) -> None:
        """Correct a booking for the time `at` to what the upstream has charged."""
        for unit, meter in self._meters:
            meter.correct(getattr(charged, unit) - getattr(booked, unit), at)
        if charged.tokens:
            self._usual_of = min(self._usual_of + 1, _AVERAGED)
            self._usual_tokens += (charged.tokens - self._usual_tokens) / self._usual_of

    def wait(self, calls: float, lane: Lane, guess: Units = ONE_CALL) -> float:
        """Seconds until `calls` more calls can have been booked, after those that are booked now.

        The units of a call are learned from recent charges. Before the first one, `guess` is used.
        """
        if calls <= 0:
            return 0
        call = Units(self._usual_tokens if self._usual_of else guess.tokens)
        times = [self._now]
        for unit, meter in self._meters:
            amount = getattr(call, unit)
            times.append(meter.after(calls, amount, self._spare(amount, unit, meter, lane)))
        return max(times) - self._now

    def lower(self) -> None:
        """Lower the learned quotas, because the upstream throttled a call that was booked."""
        for _, meter in self._meters:
            meter.lower()

    def dump(self) -> dict[str, Any]:
        """The state to store."""
        return {
            "meters": {name: meter.dump() for name, meter in self._by_name.items()},
            "interactive": {
                **{unit: round(units, 1) for unit, units in self._interactive.items()},
                "at": round(self._now, 1),
            },
            "usual": {"tokens": round(self._usual_tokens, 3), "of": self._usual_of},
        }

    def _earliest(self, units: Units, lane: Lane) -> float:
        at = self._now
        while True:
            later = at
            for unit, meter in self._meters:
                amount = getattr(units, unit)
                spare = self._spare(amount, unit, meter, lane)
                later = meter.earliest(amount, later, spare)
            # If one meter moved the time, the others must have capacity at the new time too.
            if later == at or len(self._meters) == 1:
                return later
            at = later

    def _spare(self, amount: float, unit: str, meter: Meter, lane: Lane) -> float:
        if lane is Lane.INTERACTIVE:
            return 0
        spare = max(amount, meter.limit * _SPARE) + self._interactive[unit]
        return min(meter.limit * _BULK_SHARE, spare)

    def _fade(self) -> None:
        faded = math.exp(-max(0.0, self._now - self._faded_at) / 60)
        for unit in self._interactive:
            self._interactive[unit] *= faded
        self._faded_at = self._now


def _meters(quotas: Quotas, state: Mapping[str, Any], now: float) -> dict[str, Meter]:
    meters: dict[str, Meter] = {}
    if quota := quotas.tokens_per_minute:
        meters["tokens"] = SlidingWindow(quota, 60, 60, state.get("tokens", {}), now)
    if quota := quotas.requests_per_minute:
        meters["calls"] = SlidingWindow(quota, 60, 60, state.get("calls", {}), now)
    if quota := quotas.tokens_per_day:
        meters["tokens_today"] = SlidingWindow(quota, _DAY, 96, state.get("tokens_today", {}), now)
    if quota := quotas.queries_per_second:
        meters["queries"] = EvenSpacing(quota, state.get("queries", {}), now)
    return meters
