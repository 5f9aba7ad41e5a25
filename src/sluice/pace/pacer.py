"""Pacing: each Kendra query and each model call holds a reservation of its quota.

All workers share one ledger per resource, stored under a version: whoever writes must have read
what is there. The jobs of one worker that want something at the same time are served by one
reading and one writing, in the order in which they came.
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

#: Seconds after which a job comes back when too many workers book at once.
_CROWDED = 5.0


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

    def ledger(self) -> Ledger:
        """What is booked now, to look at. Raises StoreUnavailable."""


class NoPace:
    """Where no quota is set, nobody waits."""

    def reserve(self, units: Units, lane: Lane, waiter: Waiter) -> Reservation:  # noqa: ARG002
        return Reservation(units, 0)

    def settle(self, reservation: Reservation, charged: Units) -> None:
        """Nothing to correct."""

    def throttled(self, reservation: Reservation) -> None:
        """Nothing to slow down."""

    def ledger(self) -> Ledger:
        return Ledger(Quotas(), {}, 0)


class Pacer:
    """The pace of one resource, for all threads of one worker."""

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
                    need = f"The question needs {units.tokens:.0f} tokens at once"
                    raise QuotaTooSmall(f"{need}, more than the quota.")

    def _is_used(self, booking: Booking, waiter: Waiter) -> bool:
        """Wait for the time that was booked. False, and booked anew, if we were held up."""
        reservation = Reservation(booking.booked, booking.at)
        try:
            waiter.wait(max(0.0, booking.at - self._clock.time()))
        except Exception:
            # What ended the wait is to be told, also if the booking cannot be taken back.
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
            # Nothing is wrong with the job: it must not count as an attempt.
            raise NotYet(retry_after=self._jitter(_CROWDED, 2 * _CROWDED))

    def _enter_settlement(self, settlement: Settlement) -> None:
        if not self._enter(settlement):
            raise StoreUnavailable("Too many workers book at once.")

    def _enter(self, entry: Entry) -> bool:
        """Have an entry written: by us with all that wait, or by whoever writes before us.

        False if other workers overtook every try.
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
        """False if another worker was first: then what it wrote has to be read."""
        ledger, version = self._read()
        return not apply(entries, ledger) or self._store.write(
            self._resource, ledger.dump(), version
        )

    def _read(self) -> tuple[Ledger, int]:
        state, version = self._store.read(self._resource)
        return Ledger(self._quotas, state, self._clock.time()), version


@dataclass
class _Waiting:
    """An entry that a thread waits for."""

    entry: Entry
    is_over: bool = False
    is_written: bool = False
    failure: Exception | None = None
