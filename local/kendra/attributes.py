"""Evaluates Kendra's AttributeFilter on a document's attributes.

Shape (service model kendra 2019-02-03): one of AndAllFilters | OrAllFilters [filter], NotFilter
filter, EqualsTo | ContainsAll | ContainsAny | GreaterThan | GreaterThanOrEquals | LessThan |
LessThanOrEquals {"Key", "Value": {"StringValue" | "StringListValue" | "LongValue" | "DateValue"}}.
"""

import operator
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from local.kendra.metadata import Value

#: Returns whether a document with these attributes passes the filter.
Accepts = Callable[[Mapping[str, Value]], bool]

#: Every index has these (developer guide, "Mapping data source fields").
BUILT_IN = frozenset(
    {
        "_authors",
        "_category",
        "_created_at",
        "_data_source_id",
        "_document_body",
        "_document_id",
        "_document_title",
        "_excerpt_page_number",
        "_faq_id",
        "_file_type",
        "_language_code",
        "_last_updated_at",
        "_source_uri",
        "_tenant_id",
        "_version",
        "_view_count",
    }
)

#: Kendra's limits for nesting and for the length of a list (API reference, AttributeFilter).
_DEPTH, _LENGTH = 2, 10

_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "GreaterThan": operator.gt,
    "GreaterThanOrEquals": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEquals": operator.le,
}


class InvalidFilterError(Exception):
    """Kendra would reject the filter; the message says why."""


def parse_filter(raw: object, known: Collection[str], depth: int = 0) -> Accepts:
    """Return a function that applies an AttributeFilter. Raises InvalidFilterError.

    `known` are the names of the index's attributes, besides the built-in ones.
    """
    if not isinstance(raw, dict) or len(raw) != 1:
        raise InvalidFilterError("An AttributeFilter must have exactly one operation.")
    [(operation, operand)] = raw.items()
    if operation in {"AndAllFilters", "OrAllFilters", "NotFilter"}:
        if depth == _DEPTH:
            raise InvalidFilterError(f"AttributeFilter cannot have a depth of more than {_DEPTH}.")
        return _combined(operation, operand, known, depth + 1)
    key, value = _attribute(operation, operand)
    if key not in BUILT_IN and key not in known:
        raise InvalidFilterError(f"The index has no attribute '{key}'.")
    return _compared(operation, key, value)


def _combined(operation: str, operand: object, known: Collection[str], depth: int) -> Accepts:
    if operation == "NotFilter":
        inner = parse_filter(operand, known, depth)
        return lambda attributes: not inner(attributes)
    if not isinstance(operand, list) or len(operand) > _LENGTH:
        raise InvalidFilterError(f"AttributeFilter cannot have a length of more than {_LENGTH}.")
    parts = [parse_filter(part, known, depth) for part in operand]
    together = all if operation == "AndAllFilters" else any
    return lambda attributes: together(part(attributes) for part in parts)


def _attribute(operation: str, operand: object) -> tuple[str, Value]:
    match operand:
        case {"Key": str(key), "Value": {"StringValue": str(value)}}:
            return key, value
        case {"Key": str(key), "Value": {"LongValue": int(value)}} if not isinstance(value, bool):
            return key, value
        case {"Key": str(key), "Value": {"StringListValue": [*values]}}:
            return key, [str(value) for value in values]
        case {"Key": str(key), "Value": {"DateValue": int(value) | float(value)}}:
            return key, _date(value)
    raise InvalidFilterError(f"{operation} must have a Key and a Value with one typed value.")


def _date(seconds: float) -> datetime:
    """Return the date for seconds since 1970, as the JSON protocol sends it."""
    try:
        return datetime.fromtimestamp(seconds, tz=UTC)
    except (OverflowError, OSError, ValueError) as error:
        raise InvalidFilterError("DateValue is out of range.") from error


def _compared(operation: str, key: str, value: Value) -> Accepts:
    if operation == "EqualsTo":
        return lambda attributes: attributes.get(key) == value
    if operation in {"ContainsAll", "ContainsAny"}:
        return _contains(operation, key, value)
    if operation not in _ORDER:
        raise InvalidFilterError(f"AttributeFilter has no operation {operation}.")
    if not isinstance(value, int | datetime):
        raise InvalidFilterError(f"{operation} compares numbers and dates only.")
    compare = _ORDER[operation]

    def accepts(attributes: Mapping[str, Value]) -> bool:
        own = attributes.get(key)
        return type(own) is type(value) and compare(own, value)

    return accepts


def _contains(operation: str, key: str, value: Value) -> Accepts:
    if not isinstance(value, list):
        raise InvalidFilterError(f"{operation} takes a StringListValue only.")
    together = all if operation == "ContainsAll" else any

    def accepts(attributes: Mapping[str, Value]) -> bool:
        own = attributes.get(key)
        return isinstance(own, list) and together(one in own for one in value)

    return accepts
