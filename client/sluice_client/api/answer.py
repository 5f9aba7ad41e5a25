"""Answer: the text, and which parts of it rest on which source."""

from dataclasses import dataclass
from typing import Any, Self

from sluice_client.api import fields


@dataclass(frozen=True)
class Citation:
    """A span of the answer's text, `text[start:end]`, and the number of its source."""

    start: int | None = None
    end: int | None = None
    source: int | None = None

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Self:
        return cls(*(fields.whole(raw, name) for name in ("start", "end", "source")))


@dataclass(frozen=True)
class Answer:
    """What the model wrote, or, while the job runs, what it has written so far."""

    text: str | None = None
    citations: tuple[Citation, ...] = ()
    #: False: no passage was found that answers the question, and the text says so.
    grounded: bool | None = None

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Self:
        return cls(
            text=fields.text(raw, "text"),
            citations=tuple(map(Citation.from_json, fields.records(raw, "citations"))),
            grounded=fields.flag(raw, "grounded"),
        )
