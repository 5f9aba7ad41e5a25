"""A pace that a test controls."""

from dataclasses import dataclass, field

from sluice.job.job import Lane
from sluice.pace.booking import Reservation
from sluice.pace.ledger import Ledger, Quotas, Units
from sluice.pace.pacer import Waiter


@dataclass
class FakePace:
    """A Pace that grants every reservation, or raises `error`, and keeps what was asked."""

    error: Exception | None = None
    reserved: list[Units] = field(default_factory=list)
    settled: list[Units] = field(default_factory=list)
    throttles: int = 0
    #: The quotas of its ledger, which is empty, and how often that was read.
    quotas: Quotas = field(default_factory=Quotas)
    reads: int = 0

    def reserve(self, units: Units, lane: Lane, waiter: Waiter) -> Reservation:
        if self.error:
            raise self.error
        self.reserved.append(units)
        return Reservation(units, 0)

    def settle(self, reservation: Reservation, charged: Units) -> None:
        self.settled.append(charged)

    def throttled(self, reservation: Reservation) -> None:
        self.throttles += 1

    def ledger(self) -> Ledger:
        self.reads += 1
        return Ledger(self.quotas, {}, 0)
