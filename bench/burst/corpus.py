"""Documents that make prompts of a chosen length, and a question about each.

Each document has a name of its own, by which the stand-in's search finds it.
So a question's prompt is as long as its document: evenly distributed over `PROMPT_TOKENS`.
The sentences make the quoting model write about `OUTPUT_TOKENS`.
"""

import random
from collections.abc import Sequence
from pathlib import Path

#: The least and most tokens of a prompt, of about four characters each.
PROMPT_TOKENS = (750, 2_250)
#: About how many tokens an answer has.
OUTPUT_TOKENS = 120

_DOCUMENTS = 150
#: Characters of a prompt that are not passages, and characters around each passage.
_AROUND, _MARKUP = 620, 73
#: Characters of a paragraph. Each becomes one passage, of at most 200 words.
_PARAGRAPH = 900

_SUBJECTS = "harbour office,night watch,ferry company,pilot station,rescue crew,lamp keeper"
_VERBS = "keeps,repairs,inspects,records,stores,borrows,counts,paints,replaces,orders"
_THINGS = "brass lanterns,tide tables,spare anchors,oak planks,signal flags,rope ladders,fog bells"
_PLACES = "north quay,old customs shed,lower slipway,east jetty,chandler's yard,grain pier"
_TIMES = "before the spring tides,after each winter storm,on the first Monday of the month"
_SYLLABLES = "ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo zu".split()

MEAN_PROMPT = sum(PROMPT_TOKENS) / 2


def write(folder: Path, seed: int = 1) -> list[str]:
    """Write the documents to `folder`; returns one question about each, in random order."""
    dice = random.Random(seed)
    names = _names(dice)
    least, most = PROMPT_TOKENS
    for place, name in enumerate(names):
        tokens = least + (most - least) * (place + 0.5) / len(names)
        characters = (tokens * 4 - _AROUND) * _PARAGRAPH / (_PARAGRAPH + _MARKUP)
        text = _text(name, int(characters), dice)
        (folder / f"{name.lower()}.md").write_text(text, encoding="utf-8")
    dice.shuffle(names)
    return [f"What about {name}?" for name in names]


def questions(pool: Sequence[str], number: int) -> list[str]:
    """Take `number` questions from the pool, in turn."""
    return [pool[place % len(pool)] for place in range(number)]


def mean_charge(burndown: int) -> float:
    """About how many tokens of the quota one question is charged."""
    return MEAN_PROMPT + OUTPUT_TOKENS * burndown


def _names(dice: random.Random) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < _DOCUMENTS:
        found["".join(dice.choices(_SYLLABLES, k=4)).capitalize()] = None
    return list(found)


def _text(name: str, characters: int, dice: random.Random) -> str:
    """Paragraphs of sentences, each paragraph with the name in it."""
    paragraphs: list[str] = []
    while (left := characters - sum(map(len, paragraphs))) > 60:
        paragraph = ""
        while len(paragraph) < min(_PARAGRAPH, left):
            paragraph += _sentence(name, dice) + " "
        paragraphs.append(paragraph.strip())
    return "\n\n".join(paragraphs) + "\n"


def _sentence(name: str, dice: random.Random) -> str:
    subject, verb, thing, place, time = (
        dice.choice(words.split(",")) for words in (_SUBJECTS, _VERBS, _THINGS, _PLACES, _TIMES)
    )
    number = dice.randint(2, 98)
    return f"On {name} the {subject} {verb} {number} {thing} at the {place} {time}."
