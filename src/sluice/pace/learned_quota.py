"""The learned quota: how much of a configured quota an upstream really allows.

The account may have a lower quota than the configured one, and others may use the account too.
So a throttle lowers the learned quota to what was used before, and it recovers slowly.
"""

import math
from collections.abc import Mapping
from typing import Any

#: The share of a quota that is used. The rest allows for clocks and networks.
USED = 0.985
#: After a throttle, this share of what was used before is tried again.
AGAIN = 0.95
#: Seconds in which a learned quota would recover from zero to the whole quota.
_RECOVERY = 6_000
#: Throttles within this many seconds have one cause: the calls were under way together.
_MOMENT = 5
#: The learned quota is never lower than this share of the quota.
_LEAST = 0.01


class LearnedQuota:
    """How many units an upstream allows, at most the configured quota."""

    def __init__(self, quota: float, state: Mapping[str, Any], now: float) -> None:
        self._most = quota * USED
        self.units = self._most
        self._at = now
        #: The learned quota before the latest throttles, and when they started.
        self._before, self._since = self._most, -math.inf
        if state:
            self._at = number(state["at"])
            self._before, self._since = number(state["before"]), number(state["since"])
            self._set(number(state["units"]))

    def turn(self, now: float) -> None:
        """Advance to the time `now`."""
        if self.units < self._most:
            recovered = max(0.0, now - self._at) / _RECOVERY * self._most
            self.units = min(self._most, self.units + recovered)
        self._at = now

    def lower_to(self, units: float) -> None:
        """Lower the learned quota to `units`, but at most by half for throttles with one cause."""
        if not 0 <= self._at - self._since < _MOMENT:
            self._before, self._since = self.units, self._at
        self._set(max(units, self._before / 2))

    def _set(self, units: float) -> None:
        self.units = max(min(self.units, units), self._most * _LEAST)

    def dump(self) -> dict[str, float]:
        """The state to store. It is empty while the whole quota is allowed."""
        if self.units >= self._most:
            return {}
        stored = {"units": self.units, "before": self._before, "at": self._at, "since": self._since}
        return {name: round(value, 3) for name, value in stored.items()}


def number(stored: Any) -> float:
    """A stored value as a finite number. Raises TypeError or ValueError if it is not one."""
    value = float(stored)
    if not math.isfinite(value):
        raise ValueError(f"{stored} is not a finite number.")
    return value
