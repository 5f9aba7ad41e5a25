"""Words as the index sees them: stems of the words of a text, and the words of a question
that say what it is about.
"""

import re
from functools import lru_cache

from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

_WORD = re.compile(r"[^\W_]+")

#: Words that say nothing of what a question is about: English function words, and what
#: questions are put with.
_EMPTY_WORDS = """
a about above after again all also am an and any are as at be because been before being
below between both but by can could did do does doing done down during each either else
ever every few for from further had has have having he hence her here hers him his how i
if in into is it its itself just let like me might more most much must my no nor not of
off on once one only or other our ours out over own per please same shall she should so
some such than that the their them then there these they this those through to too under
until up upon us very was we were what when where whether which while who whom whose why
will with within without would you your yours
according describe explain find give happen happens kind kinds know many mean means say
says tell type types use used using
"""
_EMPTY = frozenset(_EMPTY_WORDS.split())


def plain_analyzer() -> TextAnalyzer:
    """Build the analyzer that only folds case and accents: for correcting spelling."""
    return _folding().build()


def stem_analyzer() -> TextAnalyzer:
    """Build the analyzer that also cuts English endings: for finding and ranking."""
    return _folding().filter(Filter.stemmer("english")).build()


def _folding() -> TextAnalyzerBuilder:
    builder = TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.remove_long(60))
    return builder.filter(Filter.lowercase()).filter(Filter.ascii_fold())


_PLAIN, _STEM = plain_analyzer(), stem_analyzer()


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """Cut one word to its stem; "" for a word too long to be one."""
    stems = _STEM.analyze(word)
    return stems[0] if stems else ""


def stems(text: str) -> frozenset[str]:
    """Collect the stems of a text."""
    return frozenset(stem(word) for word in _WORD.findall(text))


def telling_words(question: str) -> list[str]:
    """List the words a question is about, each once, in order; all of them if none is telling."""
    words = list(dict.fromkeys(_PLAIN.analyze(question)))
    return [word for word in words if word not in _EMPTY] or words


def occurrences(text: str, wanted: frozenset[str]) -> list[tuple[int, int]]:
    """Find the words of a text whose stems are wanted: character offsets, end exclusive."""
    return [match.span() for match in _WORD.finditer(text) if stem(match.group()) in wanted]
