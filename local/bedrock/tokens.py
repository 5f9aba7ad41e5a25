"""The stand-in's measure of tokens: about four characters of text each.

Real tokenizers differ by model. Here it matters only that usage, speed, `maxTokens` and the context
window use the same measure.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

CHARACTERS_PER_TOKEN = 4

#: A word with the white space before it; the last match may be white space alone.
_WORD = re.compile(r"\s*\S+|\s+$")


@dataclass(frozen=True)
class Usage:
    """Tokens of one call."""

    input_tokens: int
    output_tokens: int


def estimate(text: str) -> int:
    """Return the number of tokens of a text; 0 only for the empty text."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)


def cut(text: str, tokens: int) -> str:
    """Return the first `tokens` tokens of a text. As with a model, a word may be cut."""
    return text[: tokens * CHARACTERS_PER_TOKEN]


def spell(text: str, tokens: int = 4) -> Iterator[str]:
    """Yield a text in deltas of about `tokens` tokens, split between words where possible.

    Joined, the deltas are the text.
    """
    width = tokens * CHARACTERS_PER_TOKEN
    delta = ""
    for word in _WORD.findall(text):
        if delta and len(delta) + len(word) > width:
            yield delta
            delta = ""
        delta += word
        while len(delta) > width:
            yield delta[:width]
            delta = delta[width:]
    if delta:
        yield delta
