"""What a job is to do next for a quota's sake: go, look again later, or go back to its queue.

Nothing here waits, reads or writes: the Pacer does so with threads and a store, and the simulation
of `make simulate` with events and a clock of its own. Both follow these rules.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from sluice.job.job import Lane
from sluice.pace.ledger import Ledger, Units

#: Who waits looks again so many seconds before the time it was told, since others may go first.
_EARLY = 1.0
#: A waiting job reads the ledger again within this many seconds, because refunds of other jobs may
#: have made room for it.
LOOK_AGAIN_WITHIN = 5.0
#: Seconds after its time at which a booking is no longer good: a meter has room for a call that
#: comes one step later than it was booked, and the call has a way to go.
_LATE = 0.8
#: Tries to write before the store is given up for now.
TRIES = 20
#: The pause before a try, at most, in seconds: it grows whenever another worker was first, and
#: shrinks with each write. The longer we pause, the more of our jobs' entries a write holds.
_FIRST_PAUSE, _LONGEST_PAUSE, _GROWTH, _SHRINKAGE = 0.02, 1.0, 2.0, 0.7

#: A random number between two others.
Jitter = Callable[[float, float], float]

NOTHING = Units(tokens=0, calls=0)


@dataclass(frozen=True)
class Reservation:
    """Units booked for a time, in seconds since 1970."""

    units: Units
    at: float


class Next(Enum):
    """What a job does next, at the time that comes with it."""

    #: Enter the booking, for the first time or again.
    LOOK = "look"
    #: It is booked: use it at that time.
    GO = "go"
    #: The turn comes later than the job can wait.
    GIVE_BACK = "give back"
    #: The quotas will never bear it.
    REFUSE = "refuse"


class Entry(Protocol):
    """Something to enter into the ledger. Applied anew to each reading, until one is written."""

    #: When it was first wanted; entries are applied in this order.
    since: float

    def apply(self, ledger: Ledger) -> bool:
        """Whether the ledger has changed."""


class Booking:
    """A job's wish for units, of use at the latest at `until`, in seconds since 1970."""

    def __init__(self, units: Units, lane: Lane, until: float, since: float) -> None:
        self.units = units
        #: What is booked for them, which may be more.
        self.booked = units
        self.lane = lane
        self.until = until
        self.since = since
        #: Nobody has looked yet.
        self.is_new = True
        self.fits = True
        self.is_booked = False
        #: When its turn is, booked or not.
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
        """There was no room for another, who came first."""
        self.is_new = self.is_booked = False
        self.at = other.at


class Settlement:
    """What a reservation has come to."""

    #: What is given back makes room for bookings: it comes first.
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
    """Apply entries in order. Whether the ledger has changed.

    Nobody passes another of the same lane, or large questions would wait for ever.
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
    """Whether a booking's second is over: its units would count in another."""
    return now - at > _LATE


class BookingRules:
    """Where the jobs of one worker book one resource.

    Where one of a lane found no room, the others need not look: they all look again at one time,
    by one reading and one writing.
    """

    def __init__(self, jitter: Jitter) -> None:
        self._jitter = jitter
        self._look_at: dict[Lane, float] = {}
        self._pause = 0.0

    def pause(self) -> float:
        """Seconds to wait before the ledger is read, so that more entries come together."""
        return self._jitter(0, self._pause) if self._pause else 0

    def was_overtaken(self) -> None:
        """Another worker wrote before us."""
        self._pause = min(_LONGEST_PAUSE, max(_FIRST_PAUSE, self._pause * _GROWTH))

    def has_written(self) -> None:
        """Nobody did."""
        self._pause *= _SHRINKAGE
        if self._pause < _FIRST_PAUSE:
            self._pause = 0.0

    def next(self, booking: Booking, now: float) -> tuple[Next, float]:
        """What to do with a booking, and when, in seconds since 1970."""
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
