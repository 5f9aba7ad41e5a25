"""Sentences of a passage: whole, on one line, told apart from headings and table rows.

A retrieved passage may keep the lines of its PDF (breaks in mid-sentence, hyphens at their ends)
or be one paragraph per line; both are read.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

#: A word broken at a line's end: by a hyphen, or by the mark that PDFium or HTML leaves there.
_BROKEN = re.compile(r"(?<!\w)(\w+)(?:-[ \t]*\n[ \t]*|[\u00ad\ufffe\x02]\s*)(\w+)")
_BULLET = re.compile(r"^(?:[•◦▪‣·*\u2013\u2014-]|\(?\d{1,2}[.)]|o(?= [A-Z]))\s+")
#: A bullet within a line: the lines of a list were joined.
_INNER_BULLET = re.compile(r"[ \t]+(?=[•◦▪‣][ \t])")

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
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"\d")
_LEADERS = re.compile(r"\.{4,}|(?:\. ){3,}|\||_{3,}")

#: A line this much shorter than the longest was ended by its author, not by the margin.
_SHORT = 0.75
#: A heading in capitals that ran into the sentence below it.
_SHOUTED = re.compile(r"(?:\b[A-Z]{4,}\b\W*){2}")
#: A sentence of prose has at least so many words, a heading at most.
_PROSE, _HEADING = 4, 12


def split(text: str) -> list[str]:
    """Split a passage into sentences, headings and list items, in reading order."""
    units: list[str] = []
    for paragraph in _paragraphs(_mended(text)):
        units += _sentences(paragraph)
    return units


def is_ended(unit: str) -> bool:
    """Tell whether a unit ends as a sentence does."""
    return bool(_END.search(unit))


def is_question(unit: str) -> bool:
    """Tell whether a unit asks, and so cannot answer."""
    return bool(_ASKING.search(unit))


@lru_cache(maxsize=32_768)  # the same sentences are graded for each question
def prose(unit: str) -> float:
    """Grade a unit from 0 (a question) over table rows and headings to 1 (a whole sentence)."""
    words = unit.split()
    if is_question(unit):
        return 0.0
    if len(words) == 1 and unit.isascii():
        return 0.1
    if _LEADERS.search(unit) or _SHOUTED.search(unit) or _numbers(words) > max(2, len(words) * 0.4):
        return 0.15
    if is_ended(unit):
        whole = len(words) >= _PROSE or not unit.isascii()
        return (1.0 if _begins(unit) else 0.6) * (1.0 if whole else 0.5)
    if len(words) <= _HEADING and not _NUMBER.search(unit):
        return 0.2
    return 0.55


@lru_cache(maxsize=32_768)
def is_heading(unit: str) -> bool:
    """Tell whether a unit announces what follows it: a heading, a question, a lead-in."""
    short = len(unit.split()) <= _HEADING and not is_ended(unit)
    return short or is_question(unit) or unit.endswith(":")


def _mended(text: str) -> str:
    """Put broken words together: "cover-age" is one word, "bone-anchored" keeps its hyphen."""
    lines = _INNER_BULLET.sub("\n", text.replace("\r\n", "\n").replace("\r", "\n"))
    known = {word.lower() for word in _WORD.findall(_BROKEN.sub(" ", lines))}

    def mend(broken: re.Match[str]) -> str:
        left, right = broken.groups()
        before = lines[max(0, broken.start() - 1) : broken.start()]
        if before == "-" or not right[0].islower():
            return f"{left}-{right}"
        # The text itself tells which it is, if it has the whole word or else both halves.
        if (left + right).lower() not in known and known.issuperset({left.lower(), right.lower()}):
            return f"{left}-{right}"
        return left + right

    return _BROKEN.sub(mend, lines)


def _paragraphs(text: str) -> Iterator[str]:
    lines = [" ".join(line.split()) for line in text.split("\n")]
    full = max(map(len, lines))
    running: list[str] = []
    for line in lines:
        if running and _starts_anew(running[-1], line, full):
            yield " ".join(running)
            running = []
        if line:
            running.append(line if running else _BULLET.sub("", line))
    if running:
        yield " ".join(running)


def _starts_anew(above: str, line: str, full: int) -> bool:
    """Tell whether a line begins a paragraph rather than going on with the line above."""
    if not line or _BULLET.match(line) or above.endswith(":"):
        return True
    # A short line was ended by its author: it is a heading, or the last of its paragraph.
    return len(above) < _SHORT * full and (is_ended(above) or not line[0].islower())


def _sentences(paragraph: str) -> Iterator[str]:
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


def _begins(unit: str) -> bool:
    first = unit.lstrip(_OPENING)[:1]
    return bool(first) and not first.islower()


def _numbers(words: list[str]) -> int:
    return sum(bool(_NUMBER.search(word)) for word in words)
