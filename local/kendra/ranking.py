"""Sorts the hits by how well they match, how much of the question they cover, and variety.

A score is scaled by the share of the question that the passage covers.
Near copies come later, and so do further passages of a page that has two: the first five hits
should be five different ones.
"""

from dataclasses import dataclass
from typing import Literal

from local.kendra.documents import Document
from local.kendra.passages import Passage
from local.kendra.words import occurrences

Confidence = Literal["VERY_HIGH", "HIGH", "MEDIUM", "LOW"]

#: Two passages are near copies if they share more than this part of their words.
_COPY = 0.8

#: Passages of one page before other pages come first.
_PER_PAGE = 2

#: The number of first hits that a hit is compared with.
_LOOK_BACK = 10


@dataclass(frozen=True)
class Term:
    """A word of the question: its stem, None if not in the index, and its weight.

    The weight is BM25's inverse document frequency: the rarer, the heavier.
    """

    stem: str | None
    weight: float


@dataclass(frozen=True)
class Candidate:
    """A passage with its stems: of the text, and of text, headings and title together."""

    document: Document
    passage: Passage
    text: frozenset[str]
    everywhere: frozenset[str]


@dataclass(frozen=True)
class Hit:
    """A passage that matches.

    `score` has no unit. `confidence` is the grade of the share of the question that is covered.
    `highlights` are character offsets into the text, end exclusive.
    """

    document: Document
    passage: Passage
    score: float
    confidence: Confidence
    highlights: list[tuple[int, int]]


def rank(candidates: list[tuple[float, Candidate]], terms: list[Term], limit: int) -> list[Hit]:
    """Return the best `limit` of the candidates, which come with BM25 scores."""
    whole = sum(term.weight for term in terms)
    wanted = frozenset(term.stem for term in terms if term.stem)

    def covered(one: Candidate) -> float:
        return sum(term.weight for term in terms if term.stem in one.everywhere) / whole

    weighed = [(score * covered(one), one) for score, one in candidates]
    weighed.sort(key=lambda pair: (-pair[0], str(pair[1].document.path), pair[1].passage.number))
    return [
        Hit(
            document=one.document,
            passage=one.passage,
            score=score,
            confidence=_confidence(covered(one)),
            highlights=occurrences(one.passage.text, wanted),
        )
        for score, one in _varied(weighed, limit)
    ]


def _varied(weighed: list[tuple[float, Candidate]], limit: int) -> list[tuple[float, Candidate]]:
    first: list[tuple[float, Candidate]] = []
    later: list[tuple[float, Candidate]] = []
    for score, one in weighed:
        if len(first) == limit:
            break
        others = [other for _, other in first[:_LOOK_BACK]]
        repeats = _crowded(one, others) or any(_copy(one, other) for other in others)
        (later if repeats else first).append((score, one))
    return (first + later)[:limit]


def _crowded(one: Candidate, others: list[Candidate]) -> bool:
    page = one.passage.page
    if page is None:
        return False
    same = (one.document.path, page)
    return sum((it.document.path, it.passage.page) == same for it in others) >= _PER_PAGE


def _copy(one: Candidate, other: Candidate) -> bool:
    few, many = sorted((len(one.text), len(other.text)))
    if few <= _COPY * many:  # avoids most of the comparisons
        return False
    return len(one.text & other.text) > _COPY * len(one.text | other.text)


def _confidence(covered: float) -> Confidence:
    """Return the grade for the share of the question's weight that is covered (0 to 1)."""
    if covered >= 0.9:
        return "VERY_HIGH"
    if covered >= 0.7:
        return "HIGH"
    return "MEDIUM" if covered >= 0.45 else "LOW"
