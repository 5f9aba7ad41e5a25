"""A retriever that returns the passages of a test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sluice.job.filters import FilterFields, FilterValue
from sluice.job.passage import Passage


@dataclass
class MemoryRetriever:
    """Returns its passages in their order, whatever the query is. Filters apply to attributes."""

    passages: Sequence[Passage] = ()
    #: The attributes of each document, by document id, with the keys of the index.
    #: If this is None, every filter matches every document.
    attributes: Mapping[str, Mapping[str, FilterValue]] | None = None
    filters: FilterFields = field(default_factory=FilterFields)
    #: The error that each call raises, if given.
    error: Exception | None = None
    #: The query and filters of each call so far.
    asked: list[tuple[str, dict[str, FilterValue]]] = field(default_factory=list)

    def retrieve(self, query: str, filters: Mapping[str, FilterValue]) -> Sequence[Passage]:
        self.asked.append((query, dict(filters)))
        if self.error:
            raise self.error
        if self.attributes is None:
            return self.passages
        wanted = self.filters.resolve(filters)
        found = []
        for passage in self.passages:
            has = self.attributes.get(passage.document_id, {})
            if all(_values(has.get(field.key)) & _values(value) for field, value in wanted):
                found.append(passage)
        return found


def _values(value: FilterValue | None) -> set[str | int]:
    if value is None:
        return set()
    return set(value) if isinstance(value, list) else {value}
