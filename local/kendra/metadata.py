"""Reads `<file>.metadata.json` beside a document, as Kendra's S3 connector does.

Shape: {"DocumentId", "Attributes": {name: str | int | [str] | ISO 8601 date}, "Title",
"ContentType"}. Every member is optional (Kendra developer guide, "S3 document metadata").
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

#: Built-in attributes that are always strings: a _version may be "2024-01-01".
_TEXT = frozenset({"_category", "_version", "_language_code", "_source_uri", "_file_type"})
_NAME = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9_-]{0,199}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(T.+)?")


class BrokenMetadataError(Exception):
    """The metadata file is not valid; the message is the rest of "The metadata file ..."."""


@dataclass(frozen=True)
class Metadata:
    """The content of a metadata file."""

    document_id: str | None = None
    title: str | None = None
    attributes: dict[str, Value] = field(default_factory=dict)


def metadata_path(document: Path) -> Path:
    """Return the path of a document's metadata file."""
    return document.with_name(document.name + SUFFIX)


def read_metadata(document: Path) -> Metadata:
    """Return a document's metadata, empty if there is no file. Raises BrokenMetadataError."""
    try:
        content = json.loads(metadata_path(document).read_text(encoding="utf-8-sig"))
        json.dumps(content, ensure_ascii=False).encode()  # half a surrogate pair cannot be encoded
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
    """Return an ISO 8601 date or time, by default in UTC; None if the text is not a date."""
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
        raise BrokenMetadataError(f'has a "{name}" that is not a string')
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
        f'has an attribute "{name}" that is not a string, integer, list of strings or date'
    )
