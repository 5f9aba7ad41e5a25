"""Meters: how much of one quota is booked, and when there is room for more.

How Bedrock refills a quota is not documented. A SlidingWindow books at most the quota in any
trailing window, which is safe for a token bucket, a fixed window and a rolling one alike, and
still spends the first minute's quota at once. Kendra's quota is per second, which leaves
nothing to save up, so its queries are evenly spaced.

A meter also learns: a throttle lowers it to what the upstream was seen to bear, since quotas on
paper and in the account differ and others may use the account too. It recovers slowly.
"""

import math
from collections.abc import Mapping
from typing import Any, Protocol

#: Of a quota this much is used; the rest is for clocks and networks.
_USED = 0.985
#: After a throttle this much of what was borne is tried again.
_AGAIN = 0.95
#: Seconds in which a meter lowered to nothing would be back at its quota.
_RECOVERY = 6_000
#: Seconds in which calls that were under way together are throttled together.
_MOMENT = 5
#: A meter is never lowered below this share of its quota.
_LEAST = 0.01
#: What is booked further ahead, in seconds, is no booking of ours: the clock was set back.
_AHEAD = 600


class Meter(Protocol):
    """One quota of one resource, as of the time it was turned to. Times are seconds since 1970."""

    @property
    def ahead(self) -> float:
        """Seconds that a booking which is to step aside for others may be ahead."""

    @property
    def limit(self) -> float:
        """Units that can ever be booked at once."""

    def turn(self, now: float) -> None:
        """Go on to that time."""

    def earliest(self, units: float, start: float, spare: float) -> float:
        """The first time from `start` on at which there is room, leaving `spare` units free."""

    def after(self, calls: float, units: float, spare: float) -> float:
        """The first time at which so many calls more, of `units` each, can have been booked.

        They queue up behind what is booked already. For forecasts: nothing is booked.
        """

    def book(self, units: float, at: float) -> None:
        """Take the units at that time."""

    def correct(self, units: float, at: float) -> None:
        """Change a booking: what is given back reopens its time, what comes on top counts now."""

    def lower(self) -> None:
        """The upstream throttled."""

    def dump(self) -> dict[str, Any]:
        """What to store."""


class _Learned:
    """What an upstream is believed to bear, at most its quota."""

    def __init__(self, quota: float, state: Mapping[str, Any], now: float) -> None:
        self._most = quota * _USED
        self.units = self._most
        self._at = now
        #: What was believed when the throttles of this moment began, and when that was.
        self._before, self._since = self._most, -math.inf
        if state:
            self._at = number(state["at"])
            self._before, self._since = number(state["before"]), number(state["since"])
            self._set(number(state["units"]))

    def turn(self, now: float) -> None:
        if self.units < self._most:
            recovered = max(0.0, now - self._at) / _RECOVERY * self._most
            self.units = min(self._most, self.units + recovered)
        self._at = now

    def lower_to(self, units: float) -> None:
        """Believe in less, by half at most for all the calls that are throttled in one moment."""
        if not 0 <= self._at - self._since < _MOMENT:
            self._before, self._since = self.units, self._at
        self._set(max(units, self._before / 2))

    def _set(self, units: float) -> None:
        self.units = max(min(self.units, units), self._most * _LEAST)

    def dump(self) -> dict[str, float]:
        """Nothing while it bears its quota."""
        if self.units >= self._most:
            return {}
        stored = {"units": self.units, "before": self._before, "at": self._at, "since": self._since}
        return {name: round(value, 3) for name, value in stored.items()}


class SlidingWindow:
    """At most a quota of units in any trailing window of `seconds`, in `steps` of equal length."""

    ahead = 2.0

    def __init__(
        self, quota: float, seconds: int, steps: int, state: Mapping[str, Any], now: float
    ) -> None:
        self.limit = quota * _USED
        self._length = seconds / steps
        # One more step than the window has: a call may come at the very end of the step it
        # was booked in, and another at the very start of one.
        self._span = steps + 1
        self._learned = _Learned(quota, state.get("learned", {}), now)
        first = int(state.get("from", 0))
        stored = (number(units) for units in state.get("booked", ()))
        self._booked = {step: units for step, units in enumerate(stored, first) if units > 0}
        self._turn_to_step(self._step_of(now))
        self._learned.turn(now)

    def turn(self, now: float) -> None:
        self._learned.turn(now)
        step = self._step_of(now)
        if step != self._now:
            self._turn_to_step(step)

    def _turn_to_step(self, step: int) -> None:
        last = step + self._span + math.ceil(_AHEAD / self._length)
        self._now = step
        self._booked = {
            each: units for each, units in self._booked.items() if step - self._span <= each <= last
        }
        self._last = max(self._booked, default=step)
        #: Units in the window that ends now.
        self._total = self._total_at(step)

    def earliest(self, units: float, start: float, spare: float) -> float:
        # An empty window takes even what is more than it was seen to bear: it has to be tried.
        room = max(self._learned.units - spare - units, 0)
        step = found = math.floor(start / self._length)
        total = self._total if step == self._now else self._total_at(step)
        booked, span, last = self._booked, self._span, self._last
        while step < last + span:
            # A booking at `found` counts in every window that ends within a span of it; behind
            # the last booking windows only empty.
            if total > room:
                found = step + 1
            elif step >= last or step - found >= span:
                break
            step += 1
            total += booked.get(step, 0) - booked.get(step - span, 0)
        return max(start, found * self._length)

    def after(self, calls: float, units: float, spare: float) -> float:
        start = self._now * self._length
        if units <= 0:
            return start
        most = max(self._learned.units - spare, units)
        # Once the window is full it stays so: what is booked now leaves it a span later.
        spans, last = divmod(math.ceil(calls) - 1, int(most / units))
        room = most - (last + 1) * units
        found = self._now
        counting = sorted(step for step in self._booked if step > self._now - self._span)
        total = sum(self._booked[step] for step in counting)
        for step in counting:
            if total <= room:
                break
            total -= self._booked[step]
            found = step + self._span
        return (found + spans * self._span) * self._length

    def book(self, units: float, at: float) -> None:
        self._add(units, self._step_of(at))

    def correct(self, units: float, at: float) -> None:
        self._add(units, self._step_of(at) if units < 0 else self._now)

    def _add(self, units: float, step: int) -> None:
        before = self._booked.get(step, 0)
        left = max(0, before + units)
        if left:
            self._booked[step] = left
            self._last = max(self._last, step)
        else:
            self._booked.pop(step, None)
        if self._now - self._span < step <= self._now:
            self._total += left - before

    def lower(self) -> None:
        self._learned.lower_to(self._total * _AGAIN)

    def dump(self) -> dict[str, Any]:
        first = min(self._booked, default=0)
        last = max(self._booked, default=-1)
        booked = [_short(self._booked.get(step, 0)) for step in range(first, last + 1)]
        return {"from": first, "booked": booked, "learned": self._learned.dump()}

    def _step_of(self, at: float) -> int:
        return math.floor(at / self._length)

    def _total_at(self, step: int) -> float:
        since = step - self._span
        return sum(units for each, units in self._booked.items() if since < each <= step)


class EvenSpacing:
    """Units one after the other at an even pace of `per_second`."""

    #: What is booked ahead, all others wait for.
    ahead = 0.5

    def __init__(self, per_second: float, state: Mapping[str, Any], now: float) -> None:
        self.limit = math.inf
        self._learned = _Learned(per_second, state.get("learned", {}), now)
        self._next = number(state.get("next", now))
        self.turn(now)

    def turn(self, now: float) -> None:
        self._now = now
        self._learned.turn(now)
        if self._next > now + _AHEAD + 1 / self._learned.units:
            self._next = now

    def earliest(self, units: float, start: float, spare: float) -> float:  # noqa: ARG002
        return max(start, self._next)

    def after(self, calls: float, units: float, spare: float) -> float:  # noqa: ARG002
        return max(self._now, self._next) + (math.ceil(calls) - 1) * units / self._learned.units

    def book(self, units: float, at: float) -> None:
        self._next = max(at, self._next) + units / self._learned.units

    def correct(self, units: float, at: float) -> None:
        """Nothing to correct: a query costs what it costs."""

    def lower(self) -> None:
        # One throttle may be the network's doing: two calls that came closer than they were sent.
        self._learned.lower_to(self._learned.units * _AGAIN)
        self._next = max(self._next, self._now) + 1 / self._learned.units

    def dump(self) -> dict[str, Any]:
        return {"next": round(self._next, 3), "learned": self._learned.dump()}


def number(stored: Any) -> float:
    """What was stored as a finite number. Raises TypeError or ValueError if it is none."""
    value = float(stored)
    if not math.isfinite(value):
        raise ValueError(f"{stored} is no finite number.")
    return value


def _short(units: float) -> float:
    """To a tenth, without a zero behind the point: the whole ledger is one small item."""
    tenths = round(float(units), 1)
    return int(tenths) if tenths.is_integer() else tenths
