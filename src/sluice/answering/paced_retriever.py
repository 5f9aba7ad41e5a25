"""The retriever as jobs use it: each query has a reservation."""

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
    """Retrieves within the quota of queries.

    It asks one retriever after the other until one finds passages.
    Each query has a reservation of its own.
    """

    def __init__(self, retrievers: Sequence[Retriever], pace: Pace) -> None:
        self._retrievers = retrievers
        self._pace = pace

    def retrieve(
        self, query: str, filters: Mapping[str, FilterValue], lane: Lane, waiter: Waiter
    ) -> Sequence[Passage]:
        """Wait for a reservation, then return the passages found. Raises NotYet too."""
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
