"""Source: a passage of a document that an answer cites, with its page."""

from dataclasses import dataclass
from typing import Any, Self

from sluice_client.api import fields


@dataclass(frozen=True)
class Source:
    """One numbered source; a citation names it by its number."""

    number: int | None = None
    title: str | None = None
    #: Counted from 1; None when the page is not known.
    page: int | None = None
    excerpt: str | None = None
    uri: str | None = None
    link: str | None = None
    #: VERY_HIGH, HIGH, MEDIUM, LOW or NOT_AVAILABLE.
    confidence: str | None = None

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Self:
        return cls(
            number=fields.integer(raw, "number"),
            title=fields.string(raw, "title"),
            page=fields.integer(raw, "page"),
            excerpt=fields.string(raw, "excerpt"),
            uri=fields.string(raw, "uri"),
            link=fields.string(raw, "link"),
            confidence=fields.string(raw, "confidence"),
        )
