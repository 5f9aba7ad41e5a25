"""Even spacing: a quota per second of which nothing can be saved for later."""

import math
from collections.abc import Mapping
from typing import Any

from sluice.pace.learned_quota import AGAIN, LearnedQuota, number
from sluice.pace.meter import FURTHEST


class EvenSpacing:
    """A meter that spaces units evenly, `per_second` of them in a second."""

    #: This is short, because everybody waits for what is booked ahead.
    ahead = 0.5

    def __init__(self, per_second: float, state: Mapping[str, Any], now: float) -> None:
        self.limit = math.inf
        self._learned = LearnedQuota(per_second, state.get("learned", {}), now)
        self._next = number(state.get("next", now))
        self.turn(now)

    def turn(self, now: float) -> None:
        self._now = now
        self._learned.turn(now)
        if self._next > now + FURTHEST + 1 / self._learned.units:
            self._next = now

    def earliest(self, units: float, start: float, spare: float) -> float:  # noqa: ARG002
        return max(start, self._next)

    def after(self, calls: float, units: float, spare: float) -> float:  # noqa: ARG002
        return max(self._now, self._next) + (math.ceil(calls) - 1) * units / self._learned.units

    def book(self, units: float, at: float) -> None:
        self._next = max(at, self._next) + units / self._learned.units

    def correct(self, units: float, at: float) -> None:
        """Do nothing: the charge of a query is known before."""

    def lower(self) -> None:
        # The network may have caused this throttle: calls may arrive closer together than they
        # were sent. So the pace is lowered only a little.
        self._learned.lower_to(self._learned.units * AGAIN)
        self._next = max(self._next, self._now) + 1 / self._learned.units

    def dump(self) -> dict[str, Any]:
        return {"next": round(self._next, 3), "learned": self._learned.dump()}
