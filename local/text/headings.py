"""Recognises headings by their form, since plain text does not mark them."""

import re

#: Words of a heading, at most.
_MOST_WORDS = 12
_LETTERS = re.compile(r"[^\W\d_]{2}")


def is_heading(line: str) -> bool:
    """Return whether a line reads like a heading: few words, a capital first, no full stop."""
    return (
        0 < len(line.split()) <= _MOST_WORDS
        and (line[0].isupper() or line[0].isdigit())
        and bool(_LETTERS.search(line))
        and line[-1] not in ".,;:"
        and not line.startswith("•")
    )
