"""Choosing the passages that go into the prompt."""

import re
from collections.abc import Iterable

from sluice.answering.tokens import estimate_tokens
from sluice.job.passage import Confidence, Passage

_FROM_LOW_TO_HIGH = [Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH, Confidence.VERY_HIGH]

#: Two passages that have this share of their word sequences in common count as the same.
_SAME = 0.8


def choose(
    passages: Iterable[Passage], *, at_least: Confidence, token_budget: int
) -> list[Passage]:
    """The passages for the prompt, best first.

    Passages with less confidence than `at_least` are dropped.
    Those with NOT_AVAILABLE are kept, because it says nothing about the passage.
    Of near-copies, the first is kept.
    The rest are taken in order while they fit `token_budget`.
    One that does not fit is skipped, and a shorter one after it may be taken.
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
    # Relative to the smaller set, so that a passage contained in another counts as the same.
    return len(one & other) / max(1, min(len(one), len(other)))
