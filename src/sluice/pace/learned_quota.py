"""What an upstream is believed to bear of a quota.

Quotas on paper and in the account differ, and others may use the account too. So a throttle
lowers what is believed to what was seen to be borne, and it recovers slowly.
"""

import math
from collections.abc import Mapping
from typing import Any

#: Of a quota this much is used; the rest is for clocks and networks.
USED = 0.985
#: After a throttle this much of what was borne is tried again.
AGAIN = 0.95
#: Seconds in which what was lowered to nothing would be back at its quota.
_RECOVERY = 6_000
#: Seconds in which calls that were under way together are throttled together.
_MOMENT = 5
#: No less than this share of the quota is ever believed.
_LEAST = 0.01


class LearnedQuota:
    """What an upstream is believed to bear, at most its quota."""

    def __init__(self, quota: float, state: Mapping[str, Any], now: float) -> None:
        self._most = quota * USED
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


def number(stored: Any) -> float:
    """What was stored as a finite number. Raises TypeError or ValueError if it is none."""
    value = float(stored)
    if not math.isfinite(value):
        raise ValueError(f"{stored} is no finite number.")
    return value
