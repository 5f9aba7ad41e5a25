"""Prompts as the worker writes them, and the quoting model's answers to them."""

from typing import Any
from xml.sax.saxutils import escape, quoteattr

from local.bedrock import quoting
from local.bedrock.converse import Message

PLAN = (
    "Out-of-Network Care\n"
    "The plan pays for care outside the network after the deductible is met. "
    "The yearly deductible for out-of-network care is $1,500 per person. "
    "It starts again on the first of January."
)
LEAVE = "Parental leave lasts sixteen weeks. It is taken in one piece or in two halves."
PARKING = "The car park opens at six. Bicycles have a place of their own near the gate."


def asked(question: str, *passages: str | tuple[str, str], around: str = "") -> str:
    lines = [
        f'<passage number="{number}" title={quoteattr(title)}>{escape(text)}</passage>'
        for number, (title, text) in enumerate(
            (one if isinstance(one, tuple) else ("", one) for one in passages), start=1
        )
    ]
    return (
        f"{around}<passages>\n{chr(10).join(lines)}\n</passages>\n{around}"
        f"<question>{escape(question)}</question>{around}"
    )


def answered(text: str, *before: dict[str, Any]) -> str:
    last = {"role": "user", "content": [{"text": text}]}
    return quoting.quote(
        ["Answer from the passages."], [Message.model_validate(one) for one in [*before, last]]
    )


def quotes(question: str, *passages: str | tuple[str, str], around: str = "") -> str:
    """Return the answer without its closing line."""
    answer, closing = answered(asked(question, *passages, around=around)).rsplit("\n\n", 1)
    assert closing == quoting.CLOSING
    return answer
