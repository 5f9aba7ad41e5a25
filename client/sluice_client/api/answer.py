"""Answer: the text, and the sources that its parts cite."""

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
        return cls(*(fields.integer(raw, name) for name in ("start", "end", "source")))


@dataclass(frozen=True)
class Answer:
    """The text the model wrote; while the job runs, the text so far."""

    text: str | None = None
    citations: tuple[Citation, ...] = ()
    #: False: no passage was found that answers the question, and the text says so.
    grounded: bool | None = None

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Self:
        return cls(
            text=fields.string(raw, "text"),
            citations=tuple(map(Citation.from_json, fields.json_objects(raw, "citations"))),
            grounded=fields.boolean(raw, "grounded"),
        )
