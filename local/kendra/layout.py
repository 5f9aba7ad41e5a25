"""Finds paragraphs and headings in the lines of a page.

A PDF has only lines. The end of a paragraph is guessed from the lengths of the lines, their last
character, and the beginning of the next line.
Text from Markdown, HTML and text files has empty lines between paragraphs.
"""

import re
from collections import Counter
from dataclasses import dataclass

from local.text.headings import is_heading
from local.text.sentences import is_ended

_BULLET = re.compile(
    r"\s*([•◦▪‣·*\u2013\u2014-]|\(?(\d{1,3}|[A-Za-z]|[ivx]{1,4})[.)]|\d+(\.\d+)+\.?)\s+\S"
)
_PAGE_NUMBER = re.compile(r"^\W*(\d+|[ivxlc]+)\b|\bpage \d+|\b(\d+|[ivxlc]+)\W*$")

#: A line shorter than this share of a full line was ended by its author, not by the margin.
_SHORT = 0.75

#: A running header or footer is within this many lines of the top or bottom of a page, on at
#: least this share of the pages (even and odd pages often differ), and on this many pages.
_EDGE, _SHARE, _LEAST = 2, 0.4, 3


@dataclass(frozen=True)
class Block:
    """A paragraph, list item or heading, on one line."""

    text: str
    heading: bool


def find_blocks(text: str) -> list[Block]:
    """Return the paragraphs and headings of a page, in order."""
    lines = [" ".join(line.split()) for line in text.split("\n")]
    full = _full_length(lines)
    groups: list[list[str]] = [[]]
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if line:
            groups[-1].append(line)
        if groups[-1] and _ends(line, following, full):
            groups.append([])
    return [_block(group, full) for group in groups if group]


def without_running_lines(pages: list[str]) -> list[str]:
    """Return the pages without headers and footers that differ only in the page number."""
    edges = [_edge_lines(page) for page in pages]
    seen = Counter(key for edge in edges for key in set(edge.values()))
    running = {key for key, count in seen.items() if count >= max(_LEAST, _SHARE * len(pages))}
    return [
        "\n".join(
            line for number, line in enumerate(page.split("\n")) if edge.get(number) not in running
        )
        for page, edge in zip(pages, edges, strict=True)
    ]


def _edge_lines(page: str) -> dict[int, str]:
    """Return the lines at the page's edges without page numbers, by line number."""
    numbers = [number for number, line in enumerate(page.split("\n")) if line.strip()]
    lines = page.split("\n")
    return {
        number: _PAGE_NUMBER.sub("#", " ".join(lines[number].lower().split()))
        for number in {*numbers[:_EDGE], *numbers[-_EDGE:]}
    }


def _full_length(lines: list[str]) -> int:
    lengths = sorted(len(line) for line in lines if line)
    return lengths[int(0.9 * (len(lengths) - 1))] if lengths else 0


def _ends(line: str, following: str, full: int) -> bool:
    """Return whether a paragraph ends with this line."""
    if not line or not following or _BULLET.match(following):
        return True
    if len(line) > _SHORT * full:
        return _ends_sentence(line) and _is_heading(following, full)
    return _ends_sentence(line) or not following[0].islower()


def _is_heading(line: str, full: int) -> bool:
    """Return whether a line reads like a heading and is shorter than the page's lines."""
    return len(line) < _SHORT * max(full, 80) and is_heading(line)


def _ends_sentence(line: str) -> bool:
    return is_ended(line) or line.endswith((":", ";"))


def _block(lines: list[str], full: int) -> Block:
    text = " ".join(lines)
    return Block(text, heading=_is_heading(text, full))
