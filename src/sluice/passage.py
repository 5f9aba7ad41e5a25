"""A passage: an excerpt that the retriever found, and which of them go into the prompt."""

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from sluice.tokens import estimate_tokens


class Confidence(StrEnum):
    """How sure the retriever is. Kendra fills it in for English documents only."""

    VERY_HIGH = "VERY_HIGH"
    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"
    NOT_AVAILABLE = "NOT_AVAILABLE"


_FROM_LOW_TO_HIGH = [Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH, Confidence.VERY_HIGH]

#: Two passages that share this much of their words are one passage told twice.
_SAME = 0.8


class Passage(BaseModel):
    """A retrieved excerpt. `page` is None when the index does not know it, never 0."""

    model_config = ConfigDict(frozen=True)

    document_id: str
    title: str
    text: str
    page: int | None = None
    uri: str | None = None
    confidence: Confidence = Confidence.NOT_AVAILABLE


def clean(text: str) -> str:
    """`text` without control characters and runs of white space; its lines stay apart.

    Retrieved text may hold anything; NUL and its kind would break the prompt's structure. A line
    break may end a heading or a row of a table, which a model should see.
    """
    kept = "".join(
        character
        for character in text
        if character.isspace() or unicodedata.category(character) not in ("Cc", "Cs", "Co")
    )
    lines = (" ".join(line.split()) for line in kept.splitlines())
    return "\n".join(line for line in lines if line)


def choose(
    passages: Iterable[Passage], *, at_least: Confidence, token_budget: int
) -> list[Passage]:
    """The passages worth the model's attention, best first.

    Passages below `at_least` go, but NOT_AVAILABLE is no verdict and stays. Of near-copies the
    first is kept. The rest are taken in order while they fit `token_budget`; one that is too
    long is passed over for a shorter one after it.
    """
    chosen: list[Passage] = []
    shingles: list[set[str]] = []
    for passage in passages:
        if not passage.text or not _is_sure_enough(passage.confidence, at_least):
            continue
        words = _shingles(passage.text)
        if any(_overlap(words, other) >= _SAME for other in shingles):
            continue
        cost = estimate_tokens(passage.text) + estimate_tokens(passage.title)
        if cost > token_budget:
            continue
        token_budget -= cost
        chosen.append(passage)
        shingles.append(words)
    return chosen


def _is_sure_enough(confidence: Confidence, at_least: Confidence) -> bool:
    if Confidence.NOT_AVAILABLE in (confidence, at_least):
        return True
    return _FROM_LOW_TO_HIGH.index(confidence) >= _FROM_LOW_TO_HIGH.index(at_least)


def _shingles(text: str) -> set[str]:
    words = re.findall(r"\w+", text.casefold())
    return {" ".join(words[i : i + 3]) for i in range(max(1, len(words) - 2))}


def _overlap(one: set[str], other: set[str]) -> float:
    # Over the smaller set, so that a passage inside another counts as the same.
    return len(one & other) / max(1, min(len(one), len(other)))
