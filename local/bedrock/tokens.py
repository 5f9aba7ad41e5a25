"""The stand-in's one measure of tokens: about four characters of text each.

Real tokenizers differ by model; what matters here is that usage, pace, `maxTokens` and the context
window all count alike.
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
    """Count the tokens of a text; 0 only for the empty one."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)


def cut(text: str, tokens: int) -> str:
    """Keep the first so many tokens, as a model stops: in the middle of a word if need be."""
    return text[: tokens * CHARACTERS_PER_TOKEN]


def spell(text: str, tokens: int = 4) -> Iterator[str]:
    """Break a text into deltas of about so many tokens, between words where it can.

    Joined again they are the text.
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
