"""InputLine: one question of the input, checked by the service's rules before anything is sent.

The rules are repeated here so that an invalid line 4,711 is found before line 1 is sent. Only the
service can check the rest: whether it knows the attributes of a filter, or the previous job.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sluice_client.api.job import JOB_ID

#: Characters of a question, and of a custom_id.
LONGEST_QUESTION, LONGEST_CUSTOM_ID = 1_000, 256

_LONGEST_WAIT = 604_800  # seconds: a week
_MOST_FILTERS, _MOST_VALUES, _LONGEST_FILTER_NAME, _LONGEST_FILTER_TEXT = 10, 20, 200, 2_048
_MOST_METADATA, _LONGEST_METADATA = 16, 512


@dataclass(frozen=True)
class InputLine:
    """A question, and the number (from 1) of its first line."""

    number: int
    #: As it will be sent.
    question: dict[str, Any]

    @property
    def custom_id(self) -> str:
        """The name of the question in the input."""
        return str(self.question["custom_id"])


def digest(question: Mapping[str, Any]) -> str:
    """Return a hash of the question. It is another one when the question changes."""
    content = {name: value for name, value in question.items() if name != "custom_id"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def check_line(number: int, given: Mapping[str, Any]) -> InputLine:
    """Return the line with these fields. Raises ValueError that says what is wrong with them."""
    unknown = sorted(given.keys() - _CHECKS.keys())
    if unknown:
        raise ValueError(f"unknown field {unknown[0]!r}; the fields are {', '.join(_CHECKS)}")
    if given.get("question") is None:
        raise ValueError("question: is required")
    named = {"custom_id": f"line-{number}"} | {
        name: value for name, value in given.items() if value is not None
    }
    question = {name: named[name] for name in _CHECKS if name in named}
    for name, value in question.items():
        if wrong := _CHECKS[name](value):
            raise ValueError(f"{name}: must be {wrong}")
    try:
        json.dumps(question, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ValueError("contains half of a surrogate pair, which UTF-8 cannot encode") from None
    return InputLine(number, question)


def _is_string(value: object, shortest: int, longest: int) -> bool:
    return isinstance(value, str) and shortest <= len(value) <= longest


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _wrong_custom_id(value: object) -> str:
    if _is_string(value, 1, LONGEST_CUSTOM_ID):
        return ""
    return f"a string of 1 to {LONGEST_CUSTOM_ID} characters"


def _wrong_question(value: object) -> str:
    if not isinstance(value, str):
        return "a string"
    if not any(map(str.isalnum, value)):
        return "a string with a letter or a digit"
    if len(value.strip()) > LONGEST_QUESTION:
        return f"at most {LONGEST_QUESTION:,} characters; it has {len(value.strip()):,}"
    return ""


def _wrong_filter(value: object) -> str:
    if not isinstance(value, dict) or len(value) > _MOST_FILTERS:
        return f"an object with at most {_MOST_FILTERS} attributes"
    for name, wanted in value.items():
        if not _is_string(name, 1, _LONGEST_FILTER_NAME) or not _is_filter_value(wanted):
            return f"an object of strings, integers or lists of strings; {name!r} is not"
    return ""


def _is_filter_value(value: object) -> bool:
    if isinstance(value, list):
        of_strings = all(_is_string(one, 1, _LONGEST_FILTER_TEXT) for one in value)
        return of_strings and 1 <= len(value) <= _MOST_VALUES
    return _is_integer(value) or _is_string(value, 1, _LONGEST_FILTER_TEXT)


def _wrong_job_id(value: object) -> str:
    return "" if isinstance(value, str) and JOB_ID.fullmatch(value) else "a job id"


def _wrong_lane(value: object) -> str:
    return "" if value == "bulk" else '"bulk"'


def _wrong_wait(value: object) -> str:
    is_number = _is_integer(value) or isinstance(value, float)
    if is_number and math.isfinite(value) and 0 < value <= _LONGEST_WAIT:  # type: ignore[arg-type,operator]
        return ""
    return f"a number of seconds above 0 and at most {_LONGEST_WAIT:,}"


def _wrong_metadata(value: object) -> str:
    if not isinstance(value, dict) or len(value) > _MOST_METADATA:
        return f"an object with at most {_MOST_METADATA} entries"
    for name, note in value.items():
        fits = _is_string(name, 1, _LONGEST_METADATA) and _is_string(note, 0, _LONGEST_METADATA)
        if not fits:
            return f"an object of strings up to {_LONGEST_METADATA} characters; {name!r} is not"
    return ""


#: Every field, in the order it is sent, and its check: it returns "" or what the value must be.
_CHECKS = {
    "custom_id": _wrong_custom_id,
    "question": _wrong_question,
    "filter": _wrong_filter,
    "previous_job_id": _wrong_job_id,
    "lane": _wrong_lane,
    "max_wait_seconds": _wrong_wait,
    "metadata": _wrong_metadata,
}

FIELDS = tuple(_CHECKS)
