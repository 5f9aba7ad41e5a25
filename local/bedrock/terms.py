"""The words of a question or text, as stems that can be compared.

The stems are those of tantivy's English analyzer, also for other languages.
Scripts without spaces are compared by pairs of characters.
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
#: The least similarity of a misspelt word to the intended one (difflib's ratio).
_ALIKE = 0.8
#: Letters of a word whose spelling is corrected, at least. Shorter words have too many neighbours.
_GUESSABLE = 4
#: Letters that a misspelling omits or adds, at most.
_SLIPS = 2
#: Letters of the shorter of two forms of a word, at least, and of the longer one's ending, at most.
_FORM, _ENDING = 5, 4


def stems(text: str) -> list[str]:
    """Return the stems of a text's words without stop words, in order, with repeats.

    A hyphenated compound adds one more stem, the whole word without hyphens.
    So "in-network" differs from "out-of-network", and "co-payment" equals "copayment".
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
    """Return the words of a text; words joined by hyphens count as one."""
    return _COMPOUND.findall(text)


def words(text: str) -> list[str]:
    """Return the words of a text as written; numbers keep their points and commas."""
    return _WORD.findall(text)


def recognise(asked: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """Return a map from known stems to the stems of the question that mean them.

    A stem means itself and its longer or shorter forms ("copay", "copayment").
    If none of these is known, it means the known stem that it most likely misspells.
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
    """Return what a stem may be a misspelling of; the first letter is rarely wrong."""
    return [one for one in vocabulary if one[0] == stem[0] and abs(len(one) - len(stem)) <= _SLIPS]


def _is_form(one: str, other: str) -> bool:
    if not (one.startswith(other) or other.startswith(one)):
        return False
    return min(len(one), len(other)) >= _FORM and abs(len(one) - len(other)) <= _ENDING
