"""The attributes that a caller may filter by, and the types of their values."""

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
    """One attribute: its name for callers, and its key and kind in the index."""

    name: str
    key: str
    kind: Kind


#: The reserved attributes of Kendra that are useful to callers.
STANDARD_FIELDS = (
    FilterField("category", "_category", Kind.TEXT),
    FilterField("version", "_version", Kind.TEXT),
    FilterField("language", "_language_code", Kind.TEXT),
)


class FilterFields:
    """The filters of one deployment: the standard ones and those of its index."""

    def __init__(self, own: Mapping[str, Kind] | None = None) -> None:
        extra = [FilterField(name, name, kind) for name, kind in (own or {}).items()]
        self._fields = {field.name: field for field in (*STANDARD_FIELDS, *extra)}

    @classmethod
    def parse(cls, text: str) -> "FilterFields":
        """Parse a setting such as `department,year:number,tags:list`. Raises ValueError."""
        own: dict[str, Kind] = {}
        for entry in filter(None, (part.strip() for part in text.split(","))):
            name, _, kind = entry.partition(":")
            own[name.strip()] = Kind(kind.strip() or Kind.TEXT)
        return cls(own)

    def resolve(self, wanted: Mapping[str, FilterValue]) -> list[tuple[FilterField, FilterValue]]:
        """Pair each value with its field. Raises UnsupportedFilter."""
        return [(self._field(name, value), value) for name, value in sorted(wanted.items())]

    def _field(self, name: str, value: FilterValue) -> FilterField:
        field = self._fields.get(name)
        if field is None:
            known = ", ".join(sorted(self._fields))
            raise UnsupportedFilter(
                f"Unknown filter {name!r}. Use one of: {known}. "
                "The operator can add attributes with the parameter FilterAttributes."
            )
        fits = isinstance(value, int) if field.kind is Kind.NUMBER else not isinstance(value, int)
        if not fits or isinstance(value, bool):
            kind = "an integer" if field.kind is Kind.NUMBER else "a string or a list of strings"
            raise UnsupportedFilter(f"The filter {name!r} must be {kind}.")
        return field
