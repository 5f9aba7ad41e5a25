"""The ledger of one paced resource: all its quotas, and who may book how far ahead.

The interactive lane may use everything and book ahead. The bulk lane may book only what is almost
due, and never the last few questions' worth, so that an interactive question waits behind
interactive ones and not behind a burst of ten thousand.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sluice.job import Lane
from sluice.meter import EvenSpacing, Meter, SlidingWindow

#: Seconds that the bulk lane may book ahead.
_BULK_AHEAD = 2.0
#: Questions' worth that the bulk lane leaves free, when nobody has asked interactively of late.
_SPARE = 1
#: However many ask interactively, bulk keeps this share.
_BULK_SHARE = 0.5


@dataclass(frozen=True)
class Quotas:
    """The quotas of one resource; 0 is no such quota."""

    tokens_per_minute: float = 0
    requests_per_minute: float = 0
    tokens_per_day: float = 0
    queries_per_second: float = 0

    def __bool__(self) -> bool:
        return any(
            (
                self.tokens_per_minute,
                self.requests_per_minute,
                self.tokens_per_day,
                self.queries_per_second,
            )
        )


@dataclass(frozen=True)
class Units:
    """What one call takes of its resource's quotas."""

    tokens: float = 0
    calls: float = 1


class Ledger:
    """What is booked of one resource. Made from its stored state for one reading and writing."""

    def __init__(self, quotas: Quotas, state: Mapping[str, Any], now: float) -> None:
        self._now = now
        self._meters = dict(_meters(quotas, state.get("meters", {}), now))
        demand = state.get("interactive", {})
        age = max(0.0, now - demand.get("at", now))
        #: Tokens that were booked interactively of late, fading over a minute.
        self._interactive: float = demand.get("tokens", 0.0) * math.exp(-age / 60)

    def fits(self, units: Units) -> bool:
        """Whether the quotas could ever bear these units."""
        return all(_amount(name, units) <= meter.limit for name, meter in self._meters.items())

    def book(self, units: Units, lane: Lane, until: float) -> tuple[bool, float]:
        """Book the earliest time there is, if the lane may and it is not after `until`.

        Returns whether it was booked, and that time.
        """
        at = self._earliest(units, lane)
        ahead = _BULK_AHEAD if lane is not Lane.INTERACTIVE else math.inf
        if at > min(until, self._now + ahead):
            return False, at
        for name, meter in self._meters.items():
            meter.book(_amount(name, units), at)
        if lane is Lane.INTERACTIVE:
            self._interactive += units.tokens
        return True, at

    def correct(self, units: Units, at: float) -> None:
        """Add `units`, which may be negative, to what was booked at that time."""
        for name, meter in self._meters.items():
            meter.correct(_amount(name, units), at, self._now)

    def lower(self) -> None:
        """The upstream throttled a call that was booked."""
        for meter in self._meters.values():
            meter.lower(self._now)

    def dump(self) -> dict[str, Any]:
        """What to store."""
        return {
            "meters": {name: meter.dump() for name, meter in self._meters.items()},
            "interactive": {"tokens": round(self._interactive, 1), "at": round(self._now, 1)},
        }

    def _earliest(self, units: Units, lane: Lane) -> float:
        at = self._now
        while True:
            later = at
            for name, meter in self._meters.items():
                amount = _amount(name, units)
                later = meter.earliest(amount, later, self._spare(amount, meter, lane))
            if later == at:
                return at
            at = later

    def _spare(self, amount: float, meter: Meter, lane: Lane) -> float:
        if lane is Lane.INTERACTIVE:
            return 0
        return min(meter.limit * _BULK_SHARE, amount * _SPARE + self._interactive)


def _meters(quotas: Quotas, state: Mapping[str, Any], now: float) -> "Mapping[str, Meter]":
    meters: dict[str, Meter] = {}
    if quotas.tokens_per_minute:
        meters["tokens"] = SlidingWindow(
            quotas.tokens_per_minute, 60, 60, state.get("tokens", {}), now
        )
    if quotas.requests_per_minute:
        meters["calls"] = SlidingWindow(
            quotas.requests_per_minute, 60, 60, state.get("calls", {}), now
        )
    if quotas.tokens_per_day:
        meters["tokens_today"] = SlidingWindow(
            quotas.tokens_per_day, 86_400, 96, state.get("tokens_today", {}), now
        )
    if quotas.queries_per_second:
        meters["queries"] = EvenSpacing(quotas.queries_per_second, state.get("queries", {}), now)
    return meters


def _amount(name: str, units: Units) -> float:
    return units.tokens if name.startswith("tokens") else units.calls
