"""Words as the index sees them: stems of the words of a text, and the words of a question
that say what it is about.
"""

import re
from functools import lru_cache

from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

from local.text.stopwords import STOP_WORDS

_WORD = re.compile(r"[^\W_]+")


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


def subject_words(question: str) -> list[str]:
    """List the words a question is about, each once, in order; all of them if none is telling."""
    words = list(dict.fromkeys(_PLAIN.analyze(question)))
    return [word for word in words if word not in STOP_WORDS] or words


def occurrences(text: str, wanted: frozenset[str]) -> list[tuple[int, int]]:
    """Find the words of a text whose stems are wanted: character offsets, end exclusive."""
    return [match.span() for match in _WORD.finditer(text) if stem(match.group()) in wanted]
