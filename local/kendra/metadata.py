"""`<file>.metadata.json` beside a document, as Kendra's S3 connector reads it.

Shape: {"DocumentId", "Attributes": {name: str | int | [str] | ISO 8601 date}, "Title",
"ContentType"}; every member may be missing (Kendra developer guide, "S3 document metadata").
"""

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

#: An attribute's value; the types are those of Kendra's DocumentAttributeValue.
Value = str | int | list[str] | datetime

SUFFIX = ".metadata.json"

#: Built-in attributes that hold text whatever it looks like: a _version may be "2024-01-01".
_TEXT = frozenset({"_category", "_version", "_language_code", "_source_uri", "_file_type"})
_NAME = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9_-]{0,199}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(T.+)?")


class BrokenMetadataError(Exception):
    """The metadata file cannot be used; the message says why, as the rest of "<file> ..."."""


@dataclass(frozen=True)
class Metadata:
    """What a metadata file says about its document."""

    document_id: str | None = None
    title: str | None = None
    attributes: dict[str, Value] = field(default_factory=dict)


def metadata_path(document: Path) -> Path:
    """Say where the metadata of a document stands."""
    return document.with_name(document.name + SUFFIX)


def read_metadata(document: Path) -> Metadata:
    """Read a document's metadata, empty if it has none. Raises BrokenMetadataError."""
    try:
        content = json.loads(metadata_path(document).read_text(encoding="utf-8-sig"))
        json.dumps(content, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except FileNotFoundError:
        return Metadata()
    except (OSError, ValueError, RecursionError) as error:
        raise BrokenMetadataError("is not readable JSON") from error
    if not isinstance(content, dict):
        raise BrokenMetadataError("is not a JSON object")
    attributes = content.get("Attributes", {})
    if not isinstance(attributes, dict):
        raise BrokenMetadataError('has "Attributes" that are not an object')
    return Metadata(
        document_id=_text(content, "DocumentId"),
        title=_text(content, "Title"),
        attributes={name: _value(name, value) for name, value in attributes.items()},
    )


def parse_date(text: str) -> datetime | None:
    """Read an ISO 8601 date or time, in UTC unless it says otherwise; None if it is no date."""
    if not _DATE.fullmatch(text):
        return None
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _text(content: dict[str, Any], name: str) -> str | None:
    value = content.get(name)
    if value is not None and not isinstance(value, str):
        raise BrokenMetadataError(f'has a "{name}" that is not text')
    return " ".join(value.split()) or None if value else None


def _value(name: str, value: object) -> Value:
    if not _NAME.fullmatch(name):
        raise BrokenMetadataError(f'has an attribute name Kendra does not allow: "{name}"')
    if isinstance(value, str) and value:
        return value if name in _TEXT else parse_date(value) or value
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        return list(value)
    raise BrokenMetadataError(
        f'has an attribute "{name}" that is neither text, number, list nor date'
    )
