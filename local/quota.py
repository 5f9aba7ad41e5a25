"""A quota as an upstream enforces it: N units in a period, in one of three shapes.

AWS does not document how a Bedrock quota refills. A token bucket, a fixed minute and a rolling
minute all fit what is known.
A call reserves units when it starts, and settles the reservation with its charge when it ends.
Units given back return to the window they were taken from; if it has passed, they are gone.
A charge beyond the reservation counts from the time of settling.

Clocks return seconds and never go back. Not thread-safe.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

#: Returns seconds since some fixed moment.
Clock = Callable[[], float]

MINUTE = 60.0
DAY = 86_400.0

#: Units that a refill may be short of the full quota, by rounding.
_ROUNDING = 1e-6


class Shape(StrEnum):
    """How a quota refills."""

    #: As much as the whole quota at once, refilled continuously.
    BUCKET = "bucket"
    #: Windows that start at the clock's full minutes (or days).
    FIXED = "fixed"
    #: Any trailing window.
    ROLLING = "rolling"


@dataclass(eq=False)
class Reservation:
    """Units taken from a quota, and the time."""

    at: float
    units: float


class Quota(Protocol):
    """A call reserves units of it before it starts, and settles them when it has ended."""

    def reserve(self, units: float) -> Reservation | None:
        """Take all of the units; return None if they are not available now."""
        ...

    def settle(self, reservation: Reservation, charged: float) -> None:
        """Replace a reservation by its charge. Call it once per reservation."""
        ...


def shaped(shape: Shape, units: float, seconds: float, clock: Clock) -> Quota:
    """Return a quota of `units` per `seconds`."""
    if shape is Shape.BUCKET:
        return Bucket(units, units / seconds, clock)
    return (FixedWindow if shape is Shape.FIXED else RollingWindow)(units, seconds, clock)


class Bucket:
    """A token bucket: at most `capacity` units, refilled at `per_second`."""

    def __init__(self, capacity: float, per_second: float, clock: Clock) -> None:
        self._capacity = capacity
        self._per_second = per_second
        self._clock = clock
        self._level = capacity
        self._filled_at = clock()

    def reserve(self, units: float) -> Reservation | None:
        now = self._refill()
        if units > self._level + _ROUNDING:
            return None
        self._level -= units
        return Reservation(now, units)

    def settle(self, reservation: Reservation, charged: float) -> None:
        self._refill()
        # The level may fall below zero; the refill pays that debt first.
        self._level = min(self._capacity, self._level + reservation.units - charged)

    def _refill(self) -> float:
        now = self._clock()
        gained = (now - self._filled_at) * self._per_second
        self._level = min(self._capacity, self._level + gained)
        self._filled_at = now
        return now


class FixedWindow:
    """At most `capacity` units in each window of `seconds`; the first starts at the clock's 0."""

    def __init__(self, capacity: float, seconds: float, clock: Clock) -> None:
        self._capacity = capacity
        self._seconds = seconds
        self._clock = clock
        self._window = self._window_of(clock())
        self._used = 0.0

    def reserve(self, units: float) -> Reservation | None:
        now = self._advance()
        if self._used + units > self._capacity:
            return None
        self._used += units
        return Reservation(now, units)

    def settle(self, reservation: Reservation, charged: float) -> None:
        self._advance()
        difference = charged - reservation.units
        if difference > 0 or self._window_of(reservation.at) == self._window:
            self._used += difference

    def _advance(self) -> float:
        now = self._clock()
        if self._window_of(now) != self._window:
            self._window = self._window_of(now)
            self._used = 0.0
        return now

    def _window_of(self, moment: float) -> int:
        return int(moment // self._seconds)


class RollingWindow:
    """At most `capacity` units in any trailing `seconds`."""

    def __init__(self, capacity: float, seconds: float, clock: Clock) -> None:
        self._capacity = capacity
        self._seconds = seconds
        self._clock = clock
        #: In order of time; a charge beyond its reservation is a separate entry.
        self._taken: deque[Reservation] = deque()
        self._used = 0.0

    def reserve(self, units: float) -> Reservation | None:
        now = self._expire()
        if self._used + units > self._capacity:
            return None
        return self._take(now, units)

    def settle(self, reservation: Reservation, charged: float) -> None:
        now = self._expire()
        difference = charged - reservation.units
        if difference > 0:
            self._take(now, difference)
        elif self._is_trailing(reservation, now):
            reservation.units = charged
            self._used += difference

    def _take(self, now: float, units: float) -> Reservation:
        taken = Reservation(now, units)
        self._taken.append(taken)
        self._used += units
        return taken

    def _expire(self) -> float:
        now = self._clock()
        while self._taken and not self._is_trailing(self._taken[0], now):
            self._used -= self._taken.popleft().units
        return now

    def _is_trailing(self, reservation: Reservation, now: float) -> bool:
        return reservation.at > now - self._seconds
