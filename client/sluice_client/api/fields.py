"""Lenient reading of fields in the service's JSON.

The service may be newer or older than this client. A field that is missing, null or of
another type than expected reads as None (lists and objects as empty), never as an error.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

#: A decoded JSON object.
Json: TypeAlias = Mapping[str, Any]


def string(raw: Json, name: str) -> str | None:
    """Read a string."""
    value = raw.get(name)
    return value if isinstance(value, str) else None


def integer(raw: Json, name: str) -> int | None:
    """Read an integer; JSON true is not 1."""
    value = raw.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def number(raw: Json, name: str) -> float | None:
    """Read a number."""
    value = raw.get(name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def boolean(raw: Json, name: str) -> bool | None:
    """Read a boolean."""
    value = raw.get(name)
    return value if isinstance(value, bool) else None


def json_object(raw: Json, name: str) -> dict[str, Any] | None:
    """Read an object."""
    value = raw.get(name)
    return value if isinstance(value, dict) else None


def json_objects(raw: Json, name: str) -> list[dict[str, Any]]:
    """Read a list of objects; members of another type are left out."""
    value = raw.get(name)
    members = value if isinstance(value, list) else []
    return [member for member in members if isinstance(member, dict)]


def timestamp(raw: Json, name: str) -> datetime | None:
    """Read an RFC 3339 time as an aware datetime; without an offset it counts as UTC."""
    try:
        value = datetime.fromisoformat(string(raw, name) or "")
    except ValueError:
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)
