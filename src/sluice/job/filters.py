"""Which attributes a caller may filter by, and what their values look like."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sluice.errors import UnsupportedFilter

FilterValue = str | int | list[str]


class Kind(StrEnum):
    """How an attribute is stored in the index."""

    TEXT = "text"
    NUMBER = "number"
    LIST = "list"


@dataclass(frozen=True)
class FilterField:
    """One attribute: the name callers use, and the key and kind it has in the index."""

    name: str
    key: str
    kind: Kind


#: Kendra's reserved attributes that a caller can make use of.
STANDARD_FIELDS = (
    FilterField("category", "_category", Kind.TEXT),
    FilterField("version", "_version", Kind.TEXT),
    FilterField("language", "_language_code", Kind.TEXT),
)


class FilterFields:
    """The filters of one deployment: the standard ones, and those of its own index."""

    def __init__(self, own: Mapping[str, Kind] | None = None) -> None:
        extra = [FilterField(name, name, kind) for name, kind in (own or {}).items()]
        self._fields = {field.name: field for field in (*STANDARD_FIELDS, *extra)}

    @classmethod
    def parse(cls, text: str) -> "FilterFields":
        """Read a setting such as `department,year:number,tags:list`. Raises ValueError."""
        own: dict[str, Kind] = {}
        for entry in filter(None, (part.strip() for part in text.split(","))):
            name, _, kind = entry.partition(":")
            own[name.strip()] = Kind(kind.strip() or Kind.TEXT)
        return cls(own)

    def resolve(self, wanted: Mapping[str, FilterValue]) -> list[tuple[FilterField, FilterValue]]:
        """Pair each wanted value with its field. Raises UnsupportedFilter."""
        return [(self._field(name, value), value) for name, value in sorted(wanted.items())]

    def _field(self, name: str, value: FilterValue) -> FilterField:
        field = self._fields.get(name)
        if field is None:
            known = ", ".join(sorted(self._fields))
            raise UnsupportedFilter(
                f"There is no filter {name!r} here. Use one of: {known}. An operator adds an "
                "attribute of the index with the FilterAttributes parameter."
            )
        fits = isinstance(value, int) if field.kind is Kind.NUMBER else not isinstance(value, int)
        if not fits or isinstance(value, bool):
            wanted = "a whole number" if field.kind is Kind.NUMBER else "text or a list of texts"
            raise UnsupportedFilter(f"The filter {name!r} takes {wanted}.")
        return field
