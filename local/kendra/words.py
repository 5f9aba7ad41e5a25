"""The words of the index: stems of a text, and the subject words of a question."""

import re
from functools import lru_cache

from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

from local.text.stopwords import STOP_WORDS

_WORD = re.compile(r"[^\W_]+")


def plain_analyzer() -> TextAnalyzer:
    """Return an analyzer that folds case and accents, for spelling correction."""
    return _folding().build()


def stem_analyzer() -> TextAnalyzer:
    """Return an analyzer that also removes English endings, for searching."""
    return _folding().filter(Filter.stemmer("english")).build()


def _folding() -> TextAnalyzerBuilder:
    builder = TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.remove_long(60))
    return builder.filter(Filter.lowercase()).filter(Filter.ascii_fold())


_PLAIN, _STEM = plain_analyzer(), stem_analyzer()


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """Return the stem of a word, "" for one too long to be a word."""
    stems = _STEM.analyze(word)
    return stems[0] if stems else ""


def stems(text: str) -> frozenset[str]:
    """Return the stems of a text."""
    return frozenset(stem(word) for word in _WORD.findall(text))


def subject_words(question: str) -> list[str]:
    """Return a question's words without stop words, in order, each once; all if none is left."""
    words = list(dict.fromkeys(_PLAIN.analyze(question)))
    return [word for word in words if word not in STOP_WORDS] or words


def occurrences(text: str, wanted: frozenset[str]) -> list[tuple[int, int]]:
    """Return the character offsets, end exclusive, of the words whose stems are in `wanted`."""
    return [match.span() for match in _WORD.finditer(text) if stem(match.group()) in wanted]
