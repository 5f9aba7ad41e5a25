"""The retriever as jobs may use it: each query with a reservation."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

from sluice.errors import StoreUnavailable, Throttled
from sluice.job.filters import FilterValue
from sluice.job.job import Lane
from sluice.job.passage import Passage
from sluice.pace.ledger import Units
from sluice.pace.pacer import Pace, Waiter
from sluice.ports import Retriever


class PacedRetriever:
    """Retrieves inside the quota of queries: asks one retriever after the other until one finds.

    Each of their queries holds a reservation of its own.
    """

    def __init__(self, retrievers: Sequence[Retriever], pace: Pace) -> None:
        self._retrievers = retrievers
        self._pace = pace

    def retrieve(
        self, query: str, filters: Mapping[str, FilterValue], lane: Lane, waiter: Waiter
    ) -> Sequence[Passage]:
        """Wait for a reservation, then find passages. Raises NotYet too."""
        for retriever in self._retrievers:
            reservation = self._pace.reserve(Units(), lane, waiter)
            try:
                if passages := retriever.retrieve(query, filters):
                    return passages
            except Throttled:
                with suppress(StoreUnavailable):
                    self._pace.throttled(reservation)
                raise
        return []
