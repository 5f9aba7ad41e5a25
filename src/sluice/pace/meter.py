"""Meters: how much of one quota is booked, and when there is room for more.

How Bedrock refills a quota is not documented. A SlidingWindow books at most the quota in any
trailing window, which is safe for a token bucket, a fixed window and a rolling one alike, and
still spends the first minute's quota at once. Kendra's quota is per second, which leaves
nothing to save up, so its queries get EvenSpacing.
"""

from typing import Any, Protocol

#: What is booked further ahead, in seconds, is no booking of ours: the clock was set back.
FURTHEST = 600


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
