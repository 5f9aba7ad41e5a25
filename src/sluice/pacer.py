"""Pacing: each Kendra query and each model call holds a reservation of its quota.

All workers share one ledger per resource, stored under a version: whoever writes must have read
what is there. The jobs of one worker that want something at the same time are served by one
reading and one writing, in the order in which they came.
"""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from sluice.clock import Clock
from sluice.errors import NotYet, QuotaTooSmall, StoreUnavailable
from sluice.job import Lane
from sluice.ledger import Ledger, Quotas, Units
from sluice.seams import PaceStore

#: Who waits looks again so many seconds before the time it was told, since others may go first.
_EARLY = 1.0
#: Seconds after its time at which a booking is no longer good.
_LATE = 2.0
#: Writes that other workers may overtake before we give up, and the pause between, in seconds.
_TRIES, _PAUSE = 12, 0.02


@dataclass(frozen=True)
class Reservation:
    """Units booked for a time, in seconds since 1970."""

    units: Units
    at: float


class Waiter(Protocol):
    """Who wants to reserve: a job at work."""

    @property
    def until(self) -> float:
        """The last time at which a reservation is of use, in seconds since 1970."""

    def wait(self, seconds: float) -> None:
        """Wait so long; raises if the job is no longer ours."""


class Pace(Protocol):
    """The pace of one resource."""

    def reserve(self, units: Units, lane: Lane, waiter: Waiter) -> Reservation:
        """Wait until the units may be used, and return what was booked.

        Raises NotYet if that is later than the waiter can wait, and QuotaTooSmall if it is never.
        """

    def settle(self, reservation: Reservation, charged: Units) -> None:
        """Correct a reservation to what the upstream has charged for it."""

    def throttled(self, reservation: Reservation) -> None:
        """Take the reservation back, and go slower: the upstream had no room for it."""


class NoPace:
    """Where no quota is set, nobody waits."""

    def reserve(self, units: Units, lane: Lane, waiter: Waiter) -> Reservation:  # noqa: ARG002
        return Reservation(units, 0)

    def settle(self, reservation: Reservation, charged: Units) -> None:
        """Nothing to correct."""

    def throttled(self, reservation: Reservation) -> None:
        """Nothing to slow down."""


class Pacer:
    """The pace of one resource, for all threads of one worker."""

    def __init__(
        self,
        resource: str,
        quotas: Quotas,
        store: PaceStore,
        clock: Clock,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._resource = resource
        self._quotas = quotas
        self._store = store
        self._clock = clock
        self._jitter = jitter
        self._guard = threading.Lock()
        self._writing = threading.Lock()
        self._entries: list[_Entry] = []

    def reserve(self, units: Units, lane: Lane, waiter: Waiter) -> Reservation:
        while True:
            reservation = self._book(units, lane, waiter)
            try:
                waiter.wait(max(0.0, reservation.at - self._clock.time()))
            except Exception:
                self._take_back(reservation)
                raise
            if self._clock.time() - reservation.at <= _LATE:
                return reservation
            # We were held up, and our second is over: the units would count in another.
            self._take_back(reservation)

    def _book(self, units: Units, lane: Lane, waiter: Waiter) -> Reservation:
        """Book a time that may be ahead, after waiting until there is one that may be booked."""
        while True:
            booking = _Booking(units, lane, waiter.until)
            self._enter(booking)
            if not booking.fits:
                raise QuotaTooSmall(
                    f"The question needs {units.tokens:.0f} tokens at once, more than the quota."
                )
            if booking.is_booked:
                return Reservation(units, booking.at)
            now = self._clock.time()
            if booking.at > waiter.until:
                raise NotYet(retry_after=booking.at - now)
            waiter.wait(max(0.05, booking.at - _EARLY - now) + self._jitter(0, 0.5))

    def _take_back(self, reservation: Reservation) -> None:
        self.settle(reservation, Units(tokens=0, calls=0))

    def settle(self, reservation: Reservation, charged: Units) -> None:
        more = Units(
            tokens=charged.tokens - reservation.units.tokens,
            calls=charged.calls - reservation.units.calls,
        )
        self._enter(_Correction(more, reservation.at))

    def throttled(self, reservation: Reservation) -> None:
        back = Units(tokens=-reservation.units.tokens, calls=-reservation.units.calls)
        self._enter(_Correction(back, reservation.at, throttled=True))

    def _enter(self, entry: "_Entry") -> None:
        """Have an entry written: by us with all that wait, or by whoever writes before us."""
        with self._guard:
            self._entries.append(entry)
        with self._writing:
            with self._guard:
                mine = entry in self._entries
                entries, self._entries = (self._entries, []) if mine else ([], self._entries)
            if entries:
                self._write(entries)
        if entry.failure:
            raise entry.failure

    def _write(self, entries: "list[_Entry]") -> None:
        try:
            for attempt in range(_TRIES):
                if self._write_once(entries):
                    return
                # Another worker was first: read what it wrote.
                self._clock.sleep(self._jitter(0, _PAUSE * (attempt + 1)))
            raise StoreUnavailable("Too many workers book at once.")
        except StoreUnavailable as error:
            for entry in entries:
                entry.failure = error

    def _write_once(self, entries: "list[_Entry]") -> bool:
        state, version = self._store.read(self._resource)
        ledger = Ledger(self._quotas, state, self._clock.time())
        changed = [entry.apply(ledger) for entry in entries]
        return not any(changed) or self._store.write(self._resource, ledger.dump(), version)


class _Entry(Protocol):
    """Something to enter into the ledger. Applied anew to each reading, until one is written."""

    failure: StoreUnavailable | None

    def apply(self, ledger: Ledger) -> bool:
        """Whether the ledger has changed."""


class _Booking:
    def __init__(self, units: Units, lane: Lane, until: float) -> None:
        self._units = units
        self._lane = lane
        self._until = until
        self.failure: StoreUnavailable | None = None
        self.fits = True
        self.is_booked = False
        self.at = 0.0

    def apply(self, ledger: Ledger) -> bool:
        self.fits = ledger.fits(self._units)
        if not self.fits:
            return False
        self.is_booked, self.at = ledger.book(self._units, self._lane, self._until)
        return self.is_booked


class _Correction:
    def __init__(self, units: Units, at: float, *, throttled: bool = False) -> None:
        self._units = units
        self._at = at
        self._throttled = throttled
        self.failure: StoreUnavailable | None = None

    def apply(self, ledger: Ledger) -> bool:
        ledger.correct(self._units, self._at)
        if self._throttled:
            ledger.lower()
        return True
