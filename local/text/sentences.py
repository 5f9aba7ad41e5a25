"""Where sentences end."""

import re
from collections.abc import Iterator

#: Quotes and brackets that may close or open a sentence; full stops of East Asian scripts.
_CLOSING, _OPENING = "\"'\u201d\u2019»)\\]", "\"'\u201c\u2018«(\\["
_EASTERN = "\u3002\uff01\uff1f"
_END = re.compile(rf"[.!?{_EASTERN}][{_CLOSING}\u300d\u300f]*$")
_ASKING = re.compile(rf"[?\uff1f][{_CLOSING}\u300d\u300f ]*$")
_BETWEEN = re.compile(
    rf"(?<=[.!?])[{_CLOSING}]*(?P<gap>\s+)(?=[{_OPENING}]?[A-Z0-9À-ÞΆ-ΏА-Я•])"
    rf"|(?<=[{_EASTERN}])[{_CLOSING}\u300d\u300f]*(?P<eastern>\s*)"
)
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\"'\u201c])(?:[A-Z]|Dr|Mr|Mrs|Ms|Prof|St|Sr|Jr|No|Nos|Fig|Sec|Art|Vol|Inc|Ltd|Co|Corp|"
    r"vs|cf|approx|e\.g|i\.e|etc|al|p|pp|U\.S|a\.m|p\.m)\.$"
)
#: Characters of the longest abbreviation, with what is before it and some room.
_LONGEST = 12


def split_sentences(paragraph: str) -> Iterator[str]:
    """Yield the sentences of a paragraph in order; text after the last full stop counts as one."""
    start = 0
    for gap in _BETWEEN.finditer(paragraph):
        end = gap.start("gap") if gap["gap"] is not None else gap.start("eastern")
        if _ABBREVIATION.search(paragraph[max(start, end - _LONGEST) : end]):
            continue
        if sentence := paragraph[start:end].strip():
            yield sentence
        start = end
    if sentence := paragraph[start:].strip():
        yield sentence


def is_ended(text: str) -> bool:
    """Return whether a text ends as a sentence does."""
    return bool(_END.search(text))


def is_question(text: str) -> bool:
    """Return whether a text ends with a question mark."""
    return bool(_ASKING.search(text))


def begins_as_sentence(text: str) -> bool:
    """Return whether a text does not begin in the middle of a sentence."""
    first = text.lstrip(_OPENING)[:1]
    return bool(first) and not first.islower()
