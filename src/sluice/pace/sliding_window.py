"""A sliding window: the whole quota can be used at once, and units return as bookings grow old."""

import math
from collections.abc import Mapping
from typing import Any

from sluice.pace.learned_quota import AGAIN, USED, LearnedQuota, number
from sluice.pace.meter import FURTHEST


class SlidingWindow:
    """A meter that books at most the quota in any trailing window of `seconds`.

    The window has `steps` of equal length.
    """

    ahead = 2.0

    def __init__(
        self, quota: float, seconds: int, steps: int, state: Mapping[str, Any], now: float
    ) -> None:
        self.limit = quota * USED
        self._length = seconds / steps
        # One step more than the window has: one call may come at the very end of its step, and
        # another at the very start of its step.
        self._span = steps + 1
        self._learned = LearnedQuota(quota, state.get("learned", {}), now)
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
        last = step + self._span + math.ceil(FURTHEST / self._length)
        self._now = step
        self._booked = {
            each: units for each, units in self._booked.items() if step - self._span <= each <= last
        }
        self._last = max(self._booked, default=step)
        #: Units in the window that ends now.
        self._total = self._total_at(step)

    def earliest(self, units: float, start: float, spare: float) -> float:
        # An empty window accepts even more than the learned quota. Otherwise such a call would
        # never be tried.
        free = max(self._learned.units - spare - units, 0)
        step = found = math.floor(start / self._length)
        total = self._total if step == self._now else self._total_at(step)
        booked, span, last = self._booked, self._span, self._last
        while step < last + span:
            # A booking at `found` counts in every window that ends within a span after it, and in
            # no later one.
            if step - found >= span:
                break
            if total > free:
                found = step + 1
            elif step >= last:  # after the last booking, windows only get emptier
                break
            step += 1
            total += booked.get(step, 0) - booked.get(step - span, 0)
        return max(start, found * self._length)

    def after(self, calls: float, units: float, spare: float) -> float:
        start = self._now * self._length
        if units <= 0:
            return start
        most = max(self._learned.units - spare, units)
        # Once the window is full it stays full: what is booked now leaves it one span later.
        spans, last = divmod(math.ceil(calls) - 1, int(most / units))
        free = most - (last + 1) * units
        found = self._now
        counting = sorted(step for step in self._booked if step > self._now - self._span)
        total = sum(self._booked[step] for step in counting)
        for step in counting:
            if total <= free:
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
        self._learned.lower_to(self._total * AGAIN)

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


def _short(units: float) -> float:
    """`units` rounded to a tenth, as an integer if possible, to keep the ledger's item small."""
    tenths = round(float(units), 1)
    return int(tenths) if tenths.is_integer() else tenths
