"""Estimates of token counts, before the model counts them.

There is no tokenizer for every model, so the estimate uses UTF-8 bytes.
English has about 4 bytes per token.
Other alphabets have fewer characters per token, but more bytes per character.
3.6 overestimates English a little, which is the safe side for a budget.
"""

import math

from sluice.ports import Prompt

_BYTES_PER_TOKEN = 3.6


def estimate_tokens(text: str) -> int:
    """The estimated number of tokens of `text`, rounded up."""
    return math.ceil(len(text.encode("utf-8", "replace")) / _BYTES_PER_TOKEN)


def estimate_prompt_tokens(prompt: Prompt) -> int:
    """The estimated number of tokens of a whole prompt."""
    return estimate_tokens(prompt.system) + estimate_tokens(prompt.user)
