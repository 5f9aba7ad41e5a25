"""The words of a question and of a text, in the form in which they are compared.

Stems through tantivy's English analyzer; another language's words are compared by the same rule,
and scripts without spaces by pairs of characters.
"""

import re
from collections.abc import Iterable
from difflib import get_close_matches

import tantivy

from local.text.stopwords import STOP_WORDS

_WORD = re.compile(r"[^\W_]+(?:['\u2019.,][^\W_]+)*")
_COMPOUND = re.compile(r"[^\W_]+(?:['\u2019.,-][^\W_]+)*")
_POSSESSIVE = re.compile(r"['\u2019]s$")
_SPACELESS = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_STEMMER = (
    tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.raw())
    .filter(tantivy.Filter.lowercase())
    .filter(tantivy.Filter.ascii_fold())
    .filter(tantivy.Filter.stemmer("english"))
    .build()
)
#: How alike a misspelt word and the meant one are, at least (difflib's ratio).
_ALIKE = 0.8
#: Shorter words have too many neighbours to guess from.
_GUESSABLE = 4
#: Letters that a misspelling leaves out or adds, at most.
_SLIPS = 2
#: Of two forms of a word the shorter has so many letters at least, the longer so many more at most.
_FORM, _ENDING = 5, 4


def stems(text: str) -> list[str]:
    """List the stems of a text's words that carry meaning, in order, repeats included.

    A compound gives one more, without its hyphens: only by that do "in-network" and
    "out-of-network" differ, and "co-payment" and "copayment" not.
    """
    found: list[str] = []
    for compound in compounds(text):
        parts = words(compound)
        for word in parts:
            found += _stems_of(word)
        if len(parts) > 1:
            found += _STEMMER.analyze("".join(parts))
    return found


def compounds(text: str) -> list[str]:
    """List the words of a text, those joined by hyphens as one."""
    return _COMPOUND.findall(text)


def words(text: str) -> list[str]:
    """List the words of a text as they are written; numbers keep their points and commas."""
    return _WORD.findall(text)


def recognise(asked: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """Map each known stem that is asked for to the asked one.

    Asked for is the stem itself, a longer or shorter form ("copay", "copayment"), or, if the
    asked one is not known at all, the one it is most likely a misspelling of.
    """
    vocabulary = sorted(known)  # sorted: equal guesses must not depend on the hash seed
    meant: dict[str, str] = {}
    for stem in asked:
        same = [one for one in vocabulary if one == stem or _is_form(one, stem)]
        if not same and len(stem) >= _GUESSABLE and stem.isalpha():
            same = get_close_matches(stem, _near(stem, vocabulary), n=1, cutoff=_ALIKE)
        for one in same:
            if one == stem or one not in meant:
                meant[one] = stem
    return meant


def _stems_of(word: str) -> list[str]:
    if _SPACELESS.search(word):
        return [word[at : at + 2] for at in range(max(1, len(word) - 1))]
    if word.lower() in STOP_WORDS:
        return []
    return _STEMMER.analyze(_POSSESSIVE.sub("", word))


def _near(stem: str, vocabulary: Iterable[str]) -> list[str]:
    """Find what a stem may be a misspelling of: a slip rarely is in the first letter."""
    return [one for one in vocabulary if one[0] == stem[0] and abs(len(one) - len(stem)) <= _SLIPS]


def _is_form(one: str, other: str) -> bool:
    if not (one.startswith(other) or other.startswith(one)):
        return False
    return min(len(one), len(other)) >= _FORM and abs(len(one) - len(other)) <= _ENDING
