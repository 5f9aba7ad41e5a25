"""Token counts, guessed before the model counts them.

No tokenizer is at hand for every model, so the guess is by UTF-8 bytes: English runs at some
4 bytes a token, other alphabets at fewer characters but more bytes each. 3.6 errs on the high
side for English, which is the safe side for a budget.
"""

import math

from sluice.ports import Prompt

_BYTES_PER_TOKEN = 3.6


def estimate_tokens(text: str) -> int:
    """Tokens that `text` will probably be, rounded up."""
    return math.ceil(len(text.encode("utf-8", "replace")) / _BYTES_PER_TOKEN)


def estimate_prompt_tokens(prompt: Prompt) -> int:
    """Tokens that a whole prompt will probably be."""
    return estimate_tokens(prompt.system) + estimate_tokens(prompt.user)
