"""A passage: an excerpt of a document that the retriever found."""

import unicodedata
from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Confidence(StrEnum):
    """How sure the retriever is that a passage is relevant. Kendra rates English documents only."""

    VERY_HIGH = "VERY_HIGH"
    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"
    NOT_AVAILABLE = "NOT_AVAILABLE"


class Passage(BaseModel):
    """A retrieved excerpt. `page` starts at 1. It is None if the index does not know it."""

    model_config = ConfigDict(frozen=True)

    document_id: str
    title: str
    text: str
    page: int | None = None
    uri: str | None = None
    confidence: Confidence = Confidence.NOT_AVAILABLE


def clean(text: str) -> str:
    """`text` without control characters, runs of white space and empty lines.

    Retrieved text may contain anything, and control characters would break the prompt's structure.
    Line breaks stay: one may end a heading or a row of a table, which a model should see.
    """
    kept = "".join(
        character
        for character in text
        if character.isspace() or unicodedata.category(character) not in ("Cc", "Cs", "Co")
    )
    lines = (" ".join(line.split()) for line in kept.splitlines())
    return "\n".join(line for line in lines if line)
