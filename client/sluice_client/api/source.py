"""Source: a document an answer rests on, down to the page."""

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
            number=fields.whole(raw, "number"),
            title=fields.text(raw, "title"),
            page=fields.whole(raw, "page"),
            excerpt=fields.text(raw, "excerpt"),
            uri=fields.text(raw, "uri"),
            link=fields.text(raw, "link"),
            confidence=fields.text(raw, "confidence"),
        )
