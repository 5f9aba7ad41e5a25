"""The rules of booking: a job uses its booking, tries again later, or goes back to its queue.

Nothing here waits, reads or writes.
The Pacer does that with threads and a store.
The simulation of `make simulate` does it with events and a clock of its own.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from sluice.job.job import Lane
from sluice.pace.ledger import Ledger, Units

#: A job that found no capacity tries again this many seconds before there should be some, because
#: other jobs may take it.
_EARLY = 1.0
#: It tries again after this many seconds at the latest, because settled bookings free capacity.
LOOK_AGAIN_WITHIN = 5.0
#: A booking may be used until this many seconds after its time. A meter allows for a call that
#: comes one step late, and the call takes some time to reach the upstream.
_LATE = 0.8
#: How often a write is tried before giving up.
TRIES = 20
#: The longest pause before a try, in seconds. It grows whenever another worker wrote first, and
#: shrinks with each write. A longer pause gathers more entries of this worker in one write.
_FIRST_PAUSE, _LONGEST_PAUSE, _GROWTH, _SHRINKAGE = 0.02, 1.0, 2.0, 0.7

#: Returns a random number between two others.
Jitter = Callable[[float, float], float]

NOTHING = Units(tokens=0, calls=0)


@dataclass(frozen=True)
class Reservation:
    """Units that are booked for the time `at`, in seconds since 1970."""

    units: Units
    at: float


class Next(Enum):
    """What a job does next with its booking."""

    #: Try to enter the booking into the ledger, for the first time or again.
    LOOK = "look"
    #: The units are booked: use them.
    GO = "go"
    #: There is capacity only after the job must stop waiting: give the job back.
    GIVE_BACK = "give back"
    #: The units exceed a whole quota: the job can never have them.
    REFUSE = "refuse"


class Entry(Protocol):
    """A change to a ledger. It is applied again to each version that is read, until one is written.

    Entries are applied in the order of `since`, the time at which each was made.
    """

    since: float

    def apply(self, ledger: Ledger) -> bool:
        """Change the ledger. Return whether it has changed."""


class Booking:
    """Units that a job wants to book, for use at `until` at the latest, in seconds since 1970."""

    def __init__(self, units: Units, lane: Lane, until: float, since: float) -> None:
        self.units = units
        #: The units that are booked for it, which may be more.
        self.booked = units
        self.lane = lane
        self.until = until
        self.since = since
        #: It has not been tried yet.
        self.is_new = True
        self.fits = True
        self.is_booked = False
        #: The time that is booked or, if none is booked, the earliest time with capacity.
        self.at = since

    def apply(self, ledger: Ledger) -> bool:
        self.is_new = False
        self.fits = ledger.fits(self.units)
        if not self.fits:
            return False
        self.booked = ledger.expect(self.units)
        self.is_booked, self.at = ledger.book(self.booked, self.lane, self.until)
        return self.is_booked

    def stand_behind(self, other: "Booking") -> None:
        """Wait behind an earlier booking that found no capacity."""
        self.is_new = self.is_booked = False
        self.at = other.at


class Settlement:
    """The correction of a reservation to what the upstream charged."""

    #: Settlements are applied before bookings, because they may free capacity.
    since = 0.0

    def __init__(
        self, reservation: Reservation, charged: Units, *, throttled: bool = False
    ) -> None:
        self._reservation = reservation
        self._charged = charged
        self._throttled = throttled

    def apply(self, ledger: Ledger) -> bool:
        ledger.settle(self._reservation.units, self._charged, self._reservation.at)
        if self._throttled:
            ledger.lower()
        return True


def apply(entries: Iterable[Entry], ledger: Ledger) -> bool:
    """Apply entries to a ledger in order. Return whether the ledger has changed.

    No booking overtakes an earlier one of its lane. Otherwise large ones might wait for ever.
    """
    changed = False
    ahead: dict[Lane, Booking] = {}
    for entry in sorted(entries, key=_since):
        if not isinstance(entry, Booking):
            changed = entry.apply(ledger) or changed
        elif entry.lane in ahead:
            entry.stand_behind(ahead[entry.lane])
        elif entry.apply(ledger):
            changed = True
        elif entry.fits:
            ahead[entry.lane] = entry
    return changed


def _since(entry: Entry) -> float:
    return entry.since


def is_late(at: float, now: float) -> bool:
    """Whether it is too late to use a booking: its units would count at another time."""
    return now - at > _LATE


class BookingRules:
    """The rules by which the jobs of one worker book one resource.

    If a job of a lane found no capacity, the other jobs of that lane need not try.
    They all try again at the same time, with one read and one write.
    """

    def __init__(self, jitter: Jitter) -> None:
        self._jitter = jitter
        self._look_at: dict[Lane, float] = {}
        self._pause = 0.0

    def pause(self) -> float:
        """Seconds to wait before reading the ledger, so that one write gathers more entries."""
        return self._jitter(0, self._pause) if self._pause else 0

    def was_overtaken(self) -> None:
        """Lengthen the pause: another worker wrote first."""
        self._pause = min(_LONGEST_PAUSE, max(_FIRST_PAUSE, self._pause * _GROWTH))

    def has_written(self) -> None:
        """Shorten the pause: our write succeeded."""
        self._pause *= _SHRINKAGE
        if self._pause < _FIRST_PAUSE:
            self._pause = 0.0

    def next(self, booking: Booking, now: float) -> tuple[Next, float]:
        """What to do next with a booking, and when, in seconds since 1970."""
        if booking.is_new:
            return Next.LOOK, max(now, self._look_at.get(booking.lane, now))
        if not booking.fits:
            return Next.REFUSE, now
        if booking.is_booked:
            return Next.GO, booking.at
        if booking.at > booking.until:
            return Next.GIVE_BACK, booking.at
        look_at = self._look_at.get(booking.lane, now)
        if look_at <= now:
            soon = min(max(0.05, booking.at - _EARLY - now), LOOK_AGAIN_WITHIN)
            look_at = self._look_at[booking.lane] = now + soon + self._jitter(0, 0.5)
        return Next.LOOK, look_at
