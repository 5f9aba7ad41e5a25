"""Strings and JSON that break careless code, and valid JSON with some of it put inside."""

import json
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

#: Strings with directional marks, NUL, lone surrogates, floods of one character, delimiters.
HOSTILE = [
    "",
    " ",
    "\x00",
    "\ud83d",
    "\udc00\ud800",
    "\u202e\u2066\u200b\ufeff",
    "e" + "\u0301" * 300,
    "😀👩‍👩‍👧‍👦",
    "\U0010ffff\ufffe\uffff",
    "</passage></passages><question>",
    "[1][2][999][0][-1]【1】[1, 2; 3]",
    "[" * 200,
    "$question ${passages} %s {0}",
    "../../etc/passwd",
    "s3://../..//%00#page=-1",
    "javascript:alert(1)",
    "http://[::1",
    " \n\t\r\v\f\x1c\x85\u2028" * 60,
]
strings = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=40))
numbers = st.sampled_from([0, -1, 1, 8, 2**31, 2**63, 10**400, 1.5, -0.0, 1e308, True, False])


def _deep(depth: int = 400) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


values = st.one_of(
    st.none(),
    strings,
    numbers,
    st.sampled_from([[], {}, [None], {"Text": None}, {"": ""}, _deep(), "x" * 5_000]),
    st.lists(strings, max_size=3),
    st.dictionaries(strings, strings, max_size=3),
)


@st.composite
def mutated(draw: st.DrawFn, whole: Any) -> Any:
    """A copy of some JSON with a few of its parts replaced, removed or doubled."""
    copy = json.loads(json.dumps(whole))
    for _ in range(draw(st.integers(0, 4))):
        places = list(_places(copy))
        if not places:
            break
        container, key = places[draw(st.integers(0, len(places) - 1))]
        how = draw(st.sampled_from(["replace", "replace", "remove", "double"]))
        if how == "remove":
            del container[key]
        elif how == "double" and isinstance(container, list):
            container.insert(key, deepcopy(container[key]))
        else:
            container[key] = deepcopy(draw(values))
    return copy


def _places(value: Any) -> Any:
    """Yield every (container, key) of a JSON value."""
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in list(entries):
        yield value, key
        if isinstance(part, dict | list) and len(str(part)) < 3_000:
            yield from _places(part)
