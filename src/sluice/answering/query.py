"""The search query for a question.

Kendra reads the first 30 words of a query and silently drops the rest (its documentation of
Retrieve, QueryText).
So a long question is shortened here to its most useful words.
"""

import re

#: The number of words that Kendra reads.
MAX_WORDS = 30

#: English words that say nothing about the subject. There is no such list for other languages.
_FILLERS = frozenset(
    """a about actually after again all also am an and any are as at be because been before being
    but by can could dear did do does doing for from get give had has have having hello help hi
    how however i if in into is it its just kindly know let like may me might more most my no
    not now of on or our please really regarding should so some such tell than thank thanks that
    the their them then there these they this those through to too under until up us very want
    was we were what when where whether which while who whom whose why will with within without
    wonder wondering would you your""".split()
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


def shorten(question: str, limit: int = MAX_WORDS) -> str:
    """`question` in at most `limit` words, in their order, separated by single spaces.

    All words of a short question are kept.
    From a longer one, filler words are removed first.
    If that is not enough, words of sentences that end in a question mark are preferred.
    Then names, numbers and longer words are preferred.
    Repeated words count once.
    """
    words = question.split()
    if len(words) <= limit:
        return " ".join(words)
    ranked: dict[str, tuple[float, int, str]] = {}
    place = 0
    for sentence in _SENTENCE_END.split(question):
        asking = sentence.rstrip().endswith("?")
        for word in sentence.split():
            key = word.strip(".,;:!?\"'()[]").casefold()
            worth = _worth(word, key, asking=asking)
            if key and (key not in ranked or ranked[key][0] < worth):
                ranked[key] = (worth, place, word)
            place += 1
    best = sorted(ranked.values(), key=lambda entry: (-entry[0], entry[1]))[:limit]
    kept = [entry for entry in best if entry[0] > 0] or best
    return " ".join(word for _, _, word in sorted(kept, key=lambda entry: entry[1]))


def _worth(word: str, key: str, *, asking: bool) -> float:
    if key in _FILLERS:
        return 0
    name_or_number = word[:1].isupper() or any(character.isdigit() for character in word)
    return (10 if asking else 0) + (4 if name_or_number else 0) + min(len(key), 12) / 4
