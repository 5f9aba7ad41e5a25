"""All adapters in memory, with one clock."""

from collections.abc import Sequence

from adapters.memory.clock import ManualClock
from adapters.memory.generator import ScriptedGenerator
from adapters.memory.idempotency import MemoryIdempotencyStore
from adapters.memory.job_store import MemoryJobStore
from adapters.memory.lane_counters import MemoryLaneCounters
from adapters.memory.ledgers import MemoryLedgerStore
from adapters.memory.push import MemoryPush
from adapters.memory.queue import MemoryQueue
from adapters.memory.retriever import MemoryRetriever
from adapters.memory.tickets import MemoryTicketStore


class MemoryAdapters:
    """The adapters and upstreams for services in memory. A test may replace each before use."""

    def __init__(self, clock: ManualClock | None = None) -> None:
        self.clock = clock or ManualClock()
        self.store = MemoryJobStore(self.clock)
        self.queue = MemoryQueue(self.clock)
        self.lanes = MemoryLaneCounters()
        self.idempotency = MemoryIdempotencyStore()
        self.tickets = MemoryTicketStore()
        self.ledgers = MemoryLedgerStore()
        self.push = MemoryPush()
        self.retrievers: Sequence[MemoryRetriever] = [MemoryRetriever()]
        self.generator = ScriptedGenerator()
