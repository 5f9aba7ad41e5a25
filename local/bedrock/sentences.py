"""Splits a passage into sentences, and grades them: prose, headings, table rows.

A passage may have the line breaks of its PDF, with broken words, or one paragraph per line.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from local.text.headings import is_heading
from local.text.hyphens import join_broken_words
from local.text.sentences import begins_as_sentence, is_ended, is_question, split_sentences

_BULLET = re.compile(r"^(?:[•◦▪‣·*\u2013\u2014-]|\(?\d{1,2}[.)]|o(?= [A-Z]))\s+")
#: A bullet within a line, where the lines of a list were joined.
_INNER_BULLET = re.compile(r"[ \t]+(?=[•◦▪‣][ \t])")

_NUMBER = re.compile(r"\d")
_LEADERS = re.compile(r"\.{4,}|(?:\. ){3,}|\||_{3,}")

#: A line shorter than this share of the longest was ended by its author, not by the margin.
_SHORT = 0.75
#: A heading in capitals, joined to the sentence below it.
_SHOUTED = re.compile(r"(?:\b[A-Z]{4,}\b\W*){2}")
#: Words of a sentence of prose, at least.
_PROSE = 4


def split(text: str) -> list[str]:
    """Return a passage's sentences, headings and list items, in reading order."""
    units: list[str] = []
    [whole] = join_broken_words([text.replace("\r\n", "\n").replace("\r", "\n")])
    for paragraph in _paragraphs(_INNER_BULLET.sub("\n", whole)):
        units += split_sentences(paragraph)
    return units


@lru_cache(maxsize=32_768)  # the same sentences are graded for each question
def prose(unit: str) -> float:
    """Return a grade from 0 (question) through table rows and headings to 1 (whole sentence)."""
    words = unit.split()
    if is_question(unit):
        return 0.0
    if len(words) == 1 and unit.isascii():
        return 0.1
    if _LEADERS.search(unit) or _SHOUTED.search(unit) or _numbers(words) > max(2, len(words) * 0.4):
        return 0.15
    if is_ended(unit):
        whole = len(words) >= _PROSE or not unit.isascii()
        return (1.0 if begins_as_sentence(unit) else 0.6) * (1.0 if whole else 0.5)
    if is_heading(unit) and not _NUMBER.search(unit):
        return 0.2
    return 0.55


@lru_cache(maxsize=32_768)
def is_lead_in(unit: str) -> bool:
    """Return whether a unit announces what follows it: a heading, a question, "as follows:"."""
    return is_heading(unit) or is_question(unit) or unit.endswith(":")


def _paragraphs(text: str) -> Iterator[str]:
    lines = [" ".join(line.split()) for line in text.split("\n")]
    full = max(map(len, lines))
    running: list[str] = []
    for line in lines:
        if running and _starts_paragraph(running[-1], line, full):
            yield " ".join(running)
            running = []
        if line:
            running.append(line if running else _BULLET.sub("", line))
    if running:
        yield " ".join(running)


def _starts_paragraph(above: str, line: str, full: int) -> bool:
    """Return whether a line begins a paragraph, rather than continuing the line above."""
    if not line or _BULLET.match(line) or above.endswith(":"):
        return True
    # A short line is a heading, or the last line of its paragraph.
    return len(above) < _SHORT * full and (is_ended(above) or not line[0].islower())


def _numbers(words: list[str]) -> int:
    return sum(bool(_NUMBER.search(word)) for word in words)
