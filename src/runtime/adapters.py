"""The adapters from which the composition roots make services: one for each port."""

from collections.abc import Sequence
from typing import Protocol

from sluice.clock import Clock
from sluice.ports import (
    Generator,
    IdempotencyStore,
    JobStore,
    LaneCounters,
    LedgerStore,
    Push,
    Queue,
    Retriever,
    TicketStore,
)


class Adapters(Protocol):
    """The adapters that every function uses."""

    @property
    def clock(self) -> Clock: ...
    @property
    def store(self) -> JobStore: ...
    @property
    def queue(self) -> Queue: ...
    @property
    def lanes(self) -> LaneCounters: ...
    @property
    def idempotency(self) -> IdempotencyStore: ...
    @property
    def tickets(self) -> TicketStore: ...
    @property
    def ledgers(self) -> LedgerStore: ...
    @property
    def push(self) -> Push: ...


class Upstreams(Protocol):
    """The adapters that only the worker needs."""

    @property
    def retrievers(self) -> Sequence[Retriever]:
        """The retrievers. Each is asked only if those before it found nothing."""

    @property
    def generator(self) -> Generator: ...
