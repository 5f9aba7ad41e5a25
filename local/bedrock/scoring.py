"""Scores how well each unit of the passages answers a question.

A unit's score is the sum of the weights of the question's terms in it: the rarer, the heavier.
Terms in the units above it and in the title count in part.
The score rises for terms that stand together as in the question, for numbers where a number is
asked for, and for a definition where a meaning is. It falls for a unit that is not prose.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from local.bedrock import sentences, terms
from local.bedrock.prompt import Passage

#: Share of its weight that a term has in the unit before, in a heading above, and in the title.
_NEAR, _ANNOUNCED, _TITLED = 0.5, 0.5, 0.2
#: Share that a unit loses for each passage that the retriever ranked before its own.
_TRUST = 0.03
#: What two terms that stand together add, as a share of the lighter one's weight.
_JOINT = 0.4
#: Terms stand together if they are at most this many words apart, in the question's order.
_TOGETHER = 3

_AMOUNT = re.compile(
    r"\bhow (?:many|much|long|old|far|often|big|large|tall|high|soon|late)\b|\b(?:what|which) "
    r"(?:(?:is|are|was|were) )?(?:\w+ ){0,2}(?:year|date|day|time|age|percentage|percent|amounts?|"
    r"number|cost|price|rate|limit|fee|distance|size|population|copay|copayment|deductible)\b|^when\b",
    re.IGNORECASE,
)
#: "How long" asks for a number; "long" is not part of the subject.
_MEASURE = re.compile(
    r"\bhow (?:many|much|long|old|far|often|big|large|tall|soon|late)\b", re.IGNORECASE
)
_NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|"
    r"fifty|sixty|ninety|hundred|thousand|million|once|twice|half|third|quarter|percent)\b",
    re.IGNORECASE,
)
_MEANING = re.compile(r"^\W*what(?:'s| is| are| does| do)\b", re.IGNORECASE)
_DEFINES = re.compile(r"\b(?:is|are|means|refers to|mean)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Unit:
    """A sentence of a passage; `place` counts the units of all passages from 0."""

    text: str
    number: int
    place: int
    stems: tuple[str, ...]


@dataclass(frozen=True)
class Scored:
    """A unit with its score, and the share of the question's weight (0 to 1) that it covers."""

    unit: Unit
    score: float
    coverage: float


def score_units(question: str, passages: Sequence[Passage]) -> list[Scored]:
    """Return every unit of the passages that has a term of the question in or near it, scored."""
    asked = list(dict.fromkeys(terms.stems(_MEASURE.sub("", question))))
    ranks = {passage.number: rank for rank, passage in enumerate(passages)}
    units, titles = _spelt_as(asked, _units(passages), passages)
    weights = _rarity(units, titles.values(), asked)
    # A term in no passage weighs as much as the rarest one: that part stays unanswered.
    total = sum(weights.values()) + (len(asked) - len(weights)) * _weight(len(units), 1)
    scored = []
    for unit in units:
        own = {stem: weight for stem, weight in weights.items() if stem in unit.stems}
        shares = _context(units, unit, titles[unit.number])
        around = sum(weights[stem] * shares.get(stem, 0.0) for stem in weights if stem not in own)
        score = sum(own.values()) + around + _togetherness(asked, unit, own)
        score *= _fitness(question, asked, unit) * _rank(ranks[unit.number])
        if score:
            scored.append(Scored(unit, score, sum(own.values()) / total))
    return scored


def _units(passages: Sequence[Passage]) -> list[Unit]:
    read = [(passage.number, *one) for passage in passages for one in _read(passage.text)]
    return [Unit(text, number, place, stems) for place, (number, text, stems) in enumerate(read)]


# Under load the same passages come again and again, and reading them is most of the work.
@lru_cache(maxsize=4096)
def _read(passage: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(text, tuple(terms.stems(text))) for text in sentences.split(passage)]


def _spelt_as(
    asked: Sequence[str], units: Sequence[Unit], passages: Sequence[Passage]
) -> tuple[list[Unit], dict[int, set[str]]]:
    """Return units, and title stems by passage number, in the question's spelling."""
    titles = {passage.number: terms.stems(passage.title) for passage in passages}
    known = {stem for unit in units for stem in unit.stems}.union(*titles.values())
    meant = terms.recognise(asked, known)
    return (
        [
            replace(unit, stems=tuple(meant.get(stem, stem) for stem in unit.stems))
            for unit in units
        ],
        {number: {meant.get(stem, stem) for stem in title} for number, title in titles.items()},
    )


def _rarity(
    units: Sequence[Unit], titles: Iterable[set[str]], asked: Sequence[str]
) -> dict[str, float]:
    """Return the weights of the question's stems that occur. One only in titles counts as rare."""
    spread = Counter(stem for unit in units for stem in set(unit.stems))
    spread.update(set().union(*titles) - spread.keys())
    return {stem: _weight(len(units), spread[stem]) for stem in asked if stem in spread}


def _weight(units: int, holding: int) -> float:
    return 0.3 + math.log(1 + units / (1 + holding))


def _rank(rank: int) -> float:
    """Return a factor for the retriever's order: 1 for the first passage, 0.8 for the tenth."""
    return 1 / (1 + _TRUST * rank)


def _context(units: Sequence[Unit], unit: Unit, title: set[str]) -> dict[str, float]:
    """Return shares for the terms in a unit's title, or above it in its passage."""
    near = dict.fromkeys(title, _TITLED)
    for back in (2, 1):
        above = units[unit.place - back] if unit.place >= back else None
        if above and above.number == unit.number:
            share = _ANNOUNCED if sentences.is_lead_in(above.text) else _NEAR / back
            near.update({stem: max(share, near.get(stem, 0.0)) for stem in above.stems})
    return near


def _togetherness(asked: Sequence[str], unit: Unit, own: dict[str, float]) -> float:
    bonus = 0.0
    for left, right in pairwise(asked):
        places = [at for at, stem in enumerate(unit.stems) if stem == left]
        if any(right in unit.stems[at + 1 : at + 1 + _TOGETHER] for at in places):
            bonus += _JOINT * min(own[left], own[right])
    return bonus


def _fitness(question: str, asked: Sequence[str], unit: Unit) -> float:
    fitness = sentences.prose(unit.text) * _length(len(unit.text.split()))
    if _AMOUNT.search(question):
        fitness *= 1.5 if _NUMBER.search(unit.text) else 0.8
    if _MEANING.search(question) and _is_definition(asked, unit.text):
        fitness *= 1.3
    return fitness


def _length(count: int) -> float:
    """Return a factor below 1 for short sentences and for very long ones, which are lists."""
    return min(1.0, 0.6 + count / 20) if count < 45 else 45 / count


def _is_definition(asked: Sequence[str], text: str) -> bool:
    """Return whether a sentence defines the subject of the question, which is its own subject."""
    verb = _DEFINES.search(text)
    if not verb:
        return False
    subject = set(terms.stems(text[: verb.start()]))
    named = subject.intersection(asked)
    return 2 * len(named) >= len(asked) and len(subject) <= len(named) + 1
