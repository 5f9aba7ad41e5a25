from datetime import UTC, datetime

import pytest

from local.kendra.attributes import InvalidFilterError, parse_filter
from local.kendra.metadata import Value

OWN: dict[str, Value] = {
    "_category": "hr",
    "_created_at": datetime(2026, 1, 2, tzinfo=UTC),
    "level": 3,
    "tags": ["a", "b"],
}


def leaf(operation: str, key: str, **value: object) -> dict[str, object]:
    return {operation: {"Key": key, "Value": value}}


@pytest.mark.parametrize(
    ("raw", "passes"),
    [
        (leaf("EqualsTo", "_category", StringValue="hr"), True),
        (leaf("EqualsTo", "_category", StringValue="it"), False),
        (leaf("EqualsTo", "_version", StringValue="1"), False),
        (leaf("EqualsTo", "level", LongValue=3), True),
        (leaf("EqualsTo", "_created_at", DateValue=1767312000), True),
        (leaf("ContainsAll", "tags", StringListValue=["a", "b"]), True),
        (leaf("ContainsAll", "tags", StringListValue=["a", "c"]), False),
        (leaf("ContainsAny", "tags", StringListValue=["c", "b"]), True),
        (leaf("ContainsAny", "tags", StringListValue=["c"]), False),
        (leaf("ContainsAny", "_category", StringListValue=["hr"]), False),
        (leaf("GreaterThan", "level", LongValue=3), False),
        (leaf("GreaterThanOrEquals", "level", LongValue=3), True),
        (leaf("LessThan", "_created_at", DateValue=1767312000.5), True),
        (leaf("LessThanOrEquals", "level", LongValue=2), False),
        (leaf("LessThan", "_version", LongValue=2), False),
        (leaf("LessThan", "_category", LongValue=2), False),
        ({"NotFilter": leaf("EqualsTo", "_category", StringValue="hr")}, False),
        (
            {
                "AndAllFilters": [
                    leaf("EqualsTo", "level", LongValue=3),
                    {"OrAllFilters": [leaf("EqualsTo", "_category", StringValue="hr")]},
                ]
            },
            True,
        ),
    ],
)
def test_a_filter_accepts_what_kendra_would(raw: object, passes: bool) -> None:
    assert parse_filter(raw, OWN)(OWN) is passes


@pytest.mark.parametrize(
    ("raw", "because"),
    [
        (leaf("EqualsTo", "colour", StringValue="x"), "no attribute 'colour'"),
        (leaf("GreaterThan", "_category", StringValue="x"), "numbers and dates"),
        (leaf("ContainsAny", "_category", StringValue="x"), "StringListValue"),
        (leaf("EqualsTo", "_category"), "one typed value"),
        (leaf("EqualsTo", "_category", StringValue=7), "one typed value"),
        (leaf("EqualsTo", "level", LongValue=True), "one typed value"),
        (leaf("EqualsTo", "_created_at", DateValue=1e300), "out of range"),
        (leaf("Resembles", "_category", StringValue="x"), "no operation Resembles"),
        ({}, "exactly one"),
        ([], "exactly one"),
        ({"AndAllFilters": {}}, "length"),
        ({"AndAllFilters": [leaf("EqualsTo", "level", LongValue=1)] * 11}, "length"),
        ({"NotFilter": {"NotFilter": {"NotFilter": {}}}}, "depth"),
    ],
)
def test_a_filter_kendra_would_reject_is_rejected(raw: object, because: str) -> None:
    with pytest.raises(InvalidFilterError, match=because):
        parse_filter(raw, OWN)
