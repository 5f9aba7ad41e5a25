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
#: A meter is never lowered below this share of its quota.
_LEAST = 0.01


class Meter(Protocol):
    """One quota of one resource. Times are in seconds since 1970."""

    @property
    def limit(self) -> float:
        """Units that can ever be booked at once."""

    def earliest(self, units: float, start: float, spare: float) -> float:
        """The first time from `start` on at which there is room, leaving `spare` units free."""

    def book(self, units: float, at: float) -> None:
        """Take the units at that time."""

    def correct(self, units: float, at: float, now: float) -> None:
        """Change a booking: what is given back reopens its time, what comes on top counts now."""

    def lower(self, now: float) -> None:
        """The upstream throttled."""

    def dump(self) -> dict[str, Any]:
        """What to store."""


class _Learned:
    """What an upstream is believed to bear, at most its quota."""

    def __init__(self, quota: float, state: Mapping[str, Any], now: float) -> None:
        self._most = quota * _USED
        recovered = max(0.0, now - state.get("at", now)) / _RECOVERY * self._most
        self.units = min(self._most, state.get("units", self._most) + recovered)
        self._now = now

    def lower_to(self, units: float) -> None:
        self.units = max(min(self.units, units), self._most * _LEAST)

    def dump(self) -> dict[str, float]:
        """Nothing while it bears its quota."""
        if self.units >= self._most:
            return {}
        return {"units": round(self.units, 3), "at": round(self._now, 1)}


class SlidingWindow:
    """At most a quota of units in any trailing window of `seconds`, in `steps` of equal length."""

    def __init__(
        self, quota: float, seconds: int, steps: int, state: Mapping[str, Any], now: float
    ) -> None:
        self.limit = quota * _USED
        self._step = seconds / steps
        # One more step than the window has: a call may come at the very end of the step it
        # was booked in, and another at the very start of one.
        self._span = steps + 1
        self._learned = _Learned(quota, state.get("learned", {}), now)
        first = math.floor(now / self._step) - self._span
        # What is far ahead is no booking of ours: the clock was set back.
        last = first + 2 * self._span + math.ceil(600 / self._step)
        self._booked: dict[int, float] = {
            int(step): units
            for step, units in state.get("booked", {}).items()
            if first <= int(step) <= last
        }

    def earliest(self, units: float, start: float, spare: float) -> float:
        # An empty window takes even what is more than it was seen to bear: it has to be tried.
        room = max(self._learned.units - spare - units, 0)
        first = found = math.floor(start / self._step)
        last = max(self._booked, default=first) + self._span
        total = self._total_before(first)
        for step in range(first, last):
            total += self._booked.get(step, 0) - self._booked.get(step - self._span, 0)
            # A booking at `found` counts in every window that ends within a span of it.
            if total > room:
                found = step + 1
            elif step - found >= self._span:
                break
        return max(start, found * self._step)

    def book(self, units: float, at: float) -> None:
        step = math.floor(at / self._step)
        self._booked[step] = self._booked.get(step, 0) + units

    def correct(self, units: float, at: float, now: float) -> None:
        step = math.floor((at if units < 0 else now) / self._step)
        left = self._booked.get(step, 0) + units
        if left > 0:
            self._booked[step] = left
        else:
            self._booked.pop(step, None)

    def lower(self, now: float) -> None:
        step = math.floor(now / self._step)
        borne = self._total_before(step) + self._booked.get(step, 0)
        self._learned.lower_to(borne * _AGAIN)

    def dump(self) -> dict[str, Any]:
        booked = {str(step): round(units, 1) for step, units in sorted(self._booked.items())}
        return {"booked": booked, "learned": self._learned.dump()}

    def _total_before(self, step: int) -> float:
        return sum(self._booked.get(step - back, 0) for back in range(1, self._span + 1))


class EvenSpacing:
    """Units one after the other at an even pace of `per_second`."""

    def __init__(self, per_second: float, state: Mapping[str, Any], now: float) -> None:
        self.limit = math.inf
        self._learned = _Learned(per_second, state.get("learned", {}), now)
        ahead = float(state.get("next", now))
        # What is far ahead is no booking of ours: the clock was set back.
        self._next = ahead if ahead < now + 3_600 else now

    def earliest(self, units: float, start: float, spare: float) -> float:  # noqa: ARG002
        return max(start, self._next)

    def book(self, units: float, at: float) -> None:
        self._next = max(at, self._next) + units / self._learned.units

    def correct(self, units: float, at: float, now: float) -> None:
        """Nothing to correct: a query costs what it costs."""

    def lower(self, now: float) -> None:
        self._learned.lower_to(self._learned.units * 0.8)
        self._next = max(self._next, now) + 1 / self._learned.units

    def dump(self) -> dict[str, Any]:
        return {"next": round(self._next, 3), "learned": self._learned.dump()}
