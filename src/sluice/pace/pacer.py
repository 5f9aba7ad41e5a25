"""Pacing: each Kendra query and each model call has a reservation of its quota.

All workers share one ledger per resource.
It is stored with a version number, so that no worker overwrites what it has not read.
Entries that jobs of one worker make at the same time share one read and one write, in order of
arrival.
"""

import random
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from sluice.clock import Clock
from sluice.errors import NotYet, QuotaTooSmall, StoreUnavailable
from sluice.job.job import Lane
from sluice.pace.booking import (
    NOTHING,
    TRIES,
    Booking,
    BookingRules,
    Entry,
    Jitter,
    Next,
    Reservation,
    Settlement,
    apply,
    is_late,
)
from sluice.pace.ledger import Ledger, Quotas, Units
from sluice.ports import LedgerStore

#: If too many workers write at once, a job is given back for once or twice this many seconds.
_CROWDED = 5.0


class Waiter(Protocol):
    """A job that wants to reserve units."""

    @property
    def until(self) -> float:
        """The latest time at which the job can use a reservation, in seconds since 1970."""

    def wait(self, seconds: float) -> None:
        """Wait for `seconds`. Raises an error if the job should stop."""


class Pace(Protocol):
    """The pace of one resource."""

    def reserve(self, units: Units, lane: Lane, waiter: Waiter) -> Reservation:
        """Wait until the units may be used, and return the reservation.

        Raises NotYet if the waiter cannot wait that long, and QuotaTooSmall if a whole quota is
        smaller than the units. Raises StoreUnavailable, and whatever the waiter raises.
        """

    def settle(self, reservation: Reservation, charged: Units) -> None:
        """Correct a reservation to what the upstream charged. Raises StoreUnavailable."""

    def throttled(self, reservation: Reservation) -> None:
        """Free a reservation and lower the pace, because the upstream throttled the call.

        Raises StoreUnavailable.
        """

    def ledger(self) -> Ledger:
        """The current ledger, for reading. Raises StoreUnavailable."""


class NoPace:
    """The pace of a resource without quotas: nobody waits."""

    def reserve(self, units: Units, lane: Lane, waiter: Waiter) -> Reservation:  # noqa: ARG002
        return Reservation(units, 0)

    def settle(self, reservation: Reservation, charged: Units) -> None:
        """Do nothing: nothing was booked."""

    def throttled(self, reservation: Reservation) -> None:
        """Do nothing: there is no pace to lower."""

    def ledger(self) -> Ledger:
        return Ledger(Quotas(), {}, 0)


class Pacer:
    """The pace of one resource, shared by all threads of one worker."""

    def __init__(
        self,
        resource: str,
        quotas: Quotas,
        store: LedgerStore,
        clock: Clock,
        jitter: Jitter = random.uniform,
    ) -> None:
        self._resource = resource
        self._quotas = quotas
        self._store = store
        self._clock = clock
        self._jitter = jitter
        self._rules = BookingRules(jitter)
        self._guard = threading.Lock()
        self._writing = threading.Lock()
        self._waiting: list[_Waiting] = []

    def reserve(self, units: Units, lane: Lane, waiter: Waiter) -> Reservation:
        booking = Booking(units, lane, waiter.until, self._clock.time())
        while True:
            step, at = self._rules.next(booking, self._clock.time())
            match step:
                case Next.LOOK:
                    waiter.wait(max(0.0, at - self._clock.time()))
                    self._enter_booking(booking)
                case Next.GO if self._is_used(booking, waiter):
                    return Reservation(booking.booked, at)
                case Next.GIVE_BACK:
                    raise NotYet(retry_after=at - self._clock.time())
                case Next.REFUSE:
                    need = f"One call for this question needs {units.tokens:.0f} tokens"
                    raise QuotaTooSmall(f"{need}, which is more than the whole quota.")

    def _is_used(self, booking: Booking, waiter: Waiter) -> bool:
        """Wait for the booked time. If that took too long, book again and return False."""
        reservation = Reservation(booking.booked, booking.at)
        try:
            waiter.wait(max(0.0, booking.at - self._clock.time()))
        except Exception:
            # Report what ended the wait, even if the booking cannot be freed.
            with suppress(StoreUnavailable):
                self.settle(reservation, NOTHING)
            raise
        if not is_late(booking.at, self._clock.time()):
            return True
        self.settle(reservation, NOTHING)
        self._enter_booking(booking)
        return False

    def settle(self, reservation: Reservation, charged: Units) -> None:
        self._enter_settlement(Settlement(reservation, charged))

    def throttled(self, reservation: Reservation) -> None:
        self._enter_settlement(Settlement(reservation, NOTHING, throttled=True))

    def ledger(self) -> Ledger:
        return self._read()[0]

    def _enter_booking(self, booking: Booking) -> None:
        if not self._enter(booking):
            # This is not the job's fault, so it must not count as an attempt.
            raise NotYet(retry_after=self._jitter(_CROWDED, 2 * _CROWDED))

    def _enter_settlement(self, settlement: Settlement) -> None:
        if not self._enter(settlement):
            raise StoreUnavailable("Too many workers are booking at once.")

    def _enter(self, entry: Entry) -> bool:
        """Write an entry together with all others that wait, unless another thread has done so.

        Returns False if other workers wrote first at every try.
        """
        waiting = _Waiting(entry)
        with self._guard:
            self._waiting.append(waiting)
        with self._writing:
            if not waiting.is_over:
                self._write()
        if waiting.failure:
            raise waiting.failure
        return waiting.is_written

    def _write(self) -> None:
        group: list[_Waiting] = []
        try:
            for _ in range(TRIES):
                if gathering := self._rules.pause():
                    self._clock.sleep(gathering)
                with self._guard:
                    arrived, self._waiting = self._waiting, []
                group += arrived
                if self._write_once([each.entry for each in group]):
                    for each in group:
                        each.is_written = True
                    self._rules.has_written()
                    return
                self._rules.was_overtaken()
        except Exception as error:
            for each in group:
                each.failure = error
        finally:
            for each in group:
                each.is_over = True

    def _write_once(self, entries: list[Entry]) -> bool:
        """Apply the entries to the current ledger and write it.

        Returns False if another worker wrote first. Then its version has to be read.
        """
        ledger, version = self._read()
        return not apply(entries, ledger) or self._store.write(
            self._resource, ledger.dump(), version
        )

    def _read(self) -> tuple[Ledger, int]:
        state, version = self._store.read(self._resource)
        return Ledger(self._quotas, state, self._clock.time()), version


@dataclass
class _Waiting:
    """An entry, and whether it has been written, for the thread that waits for it."""

    entry: Entry
    is_over: bool = False
    is_written: bool = False
    failure: Exception | None = None
