"""Meters: how much of one quota is booked, and when there is capacity for more.

AWS does not document how Bedrock refills a quota.
A SlidingWindow books at most the quota in any trailing window.
That is safe for a token bucket, a fixed window and a rolling window.
It can still use the whole first minute's quota at once.
Kendra's quota is per second, so its queries use EvenSpacing.
"""

from typing import Any, Protocol

#: The furthest that anything is booked ahead, in seconds. A later booking means that the clock was
#: set back, and is ignored.
FURTHEST = 600


class Meter(Protocol):
    """One quota of one resource at one time, to which `turn` advances it.

    All times are in seconds since 1970.
    """

    @property
    def ahead(self) -> float:
        """How many seconds ahead the bulk lane may book."""

    @property
    def limit(self) -> float:
        """The largest number of units that one call can book."""

    def turn(self, now: float) -> None:
        """Advance to the time `now`."""

    def earliest(self, units: float, start: float, spare: float) -> float:
        """The first time from `start` on with capacity for `units`, leaving `spare` units free."""

    def after(self, calls: float, units: float, spare: float) -> float:
        """The first time at which `calls` more calls of `units` each can have been booked.

        They come after everything that is booked now. It is a forecast: nothing is booked.
        """

    def book(self, units: float, at: float) -> None:
        """Book units for the time `at`."""

    def correct(self, units: float, at: float) -> None:
        """Add `units` to the bookings.

        A negative number frees the units at the time `at`. A positive number counts now.
        """

    def lower(self) -> None:
        """Lower the learned quota, because the upstream throttled."""

    def dump(self) -> dict[str, Any]:
        """The state to store."""
