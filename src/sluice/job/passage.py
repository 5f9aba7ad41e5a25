"""A passage: an excerpt that the retriever found."""

import unicodedata
from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Confidence(StrEnum):
    """How sure the retriever is. Kendra fills it in for English documents only."""

    VERY_HIGH = "VERY_HIGH"
    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"
    NOT_AVAILABLE = "NOT_AVAILABLE"


class Passage(BaseModel):
    """A retrieved excerpt. `page` is None when the index does not know it, never 0."""

    model_config = ConfigDict(frozen=True)

    document_id: str
    title: str
    text: str
    page: int | None = None
    uri: str | None = None
    confidence: Confidence = Confidence.NOT_AVAILABLE


def clean(text: str) -> str:
    """`text` without control characters and runs of white space; its lines stay apart.

    Retrieved text may hold anything; NUL and its kind would break the prompt's structure. A line
    break may end a heading or a row of a table, which a model should see.
    """
    kept = "".join(
        character
        for character in text
        if character.isspace() or unicodedata.category(character) not in ("Cc", "Cs", "Co")
    )
    lines = (" ".join(line.split()) for line in kept.splitlines())
    return "\n".join(line for line in lines if line)
