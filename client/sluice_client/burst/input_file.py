"""The input file: its questions, all read and checked before anything is sent.

JSON Lines: one object per line (`question` and the other FIELDS), or just a string. CSV: a header
row with a column `question`; the columns `filter.NAME` and `metadata.NAME` fill those objects.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NoReturn

from sluice_client.burst.errors import UnusableFile
from sluice_client.burst.input_line import FIELDS, InputLine, check_line

#: Invalid lines that are reported at once.
_REPORTED = 20

#: Cell separators. The one with which the header has a column `question` is used.
_SEPARATORS = ",;\t"

#: Columns that fill an object, one entry each.
_OBJECTS = ("filter", "metadata")

#: The number of a line and a function that parses it: a line that fails does not hide the next.
_Reading = tuple[int, Callable[[], dict[str, Any]]]


def read_questions(content: bytes, *, as_csv: bool) -> list[InputLine]:
    """Return the questions in order. Raises Unusable that lists the invalid lines, at most 20."""
    text = _decoded(content)
    lines: list[InputLine] = []
    wrong: list[str] = []
    first: dict[str, int] = {}
    for number, read in _csv_lines(text) if as_csv else _json_lines(text):
        try:
            line = check_line(number, read())
            if first.setdefault(line.custom_id, number) != number:
                raise ValueError(f"custom_id: is the same as in line {first[line.custom_id]}")
        except RecursionError:
            wrong.append(f"line {number}: is nested too deeply")
        except ValueError as error:
            wrong.append(f"line {number}: {error}")
        else:
            lines.append(line)
    if wrong:
        raise UnusableFile(_report(wrong))
    if not lines:
        raise UnusableFile("contains no question")
    return lines


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = content.count(b"\n", 0, error.start) + 1
        raise UnusableFile(f"line {number} is not UTF-8: save the file as UTF-8") from None


def _report(wrong: list[str]) -> str:
    more = len(wrong) - _REPORTED
    shown = [*wrong[:_REPORTED], *([f"and {more:,} more"] if more > 0 else [])]
    count = "1 line is" if len(wrong) == 1 else f"{len(wrong):,} lines are"
    return "\n  ".join([f"{count} invalid, and nothing was sent.", *shown])


def _json_lines(text: str) -> Iterator[_Reading]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, partial(_from_json, line)


def _from_json(line: str) -> dict[str, Any]:
    try:
        given = json.loads(line, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON ({error.msg}, at character {error.pos + 1})") from None
    if isinstance(given, str):
        return {"question": given}
    if not isinstance(given, dict):
        raise ValueError("must be an object or a string")  # noqa: TRY004 - the line is invalid
    return given


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _csv_lines(text: str) -> Iterator[_Reading]:
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    header: list[str] = []
    while True:
        number = rows.line_num + 1
        try:
            row = next(rows, None)
        except csv.Error as error:
            raise UnusableFile(
                f"line {number} is not CSV ({error}), and nothing was sent"
            ) from None
        if row is None:
            return
        if not any(row):
            continue
        if header:
            yield number, partial(_from_row, header, row)
        else:
            header = _check_header([name.strip() for name in row])


def _separator(text: str) -> str:
    header = next((line for line in text.splitlines() if line.strip()), "")
    for separator in _SEPARATORS:
        names = next(csv.reader([header], delimiter=separator), [])
        if "question" in map(str.strip, names):
            return separator
    return ","


def _check_header(header: list[str]) -> list[str]:
    columns = [*(name for name in FIELDS if name not in _OBJECTS)]
    for name in header:
        part, dot, attribute = name.partition(".")
        if name not in columns and not (part in _OBJECTS and dot and attribute):
            raise UnusableFile(
                f"unknown column {name!r}; the columns are {', '.join(columns)}, filter.NAME and"
                " metadata.NAME"
            )
        if header.count(name) > 1:
            raise UnusableFile(f"column {name!r} appears twice")
    if "question" not in header:
        raise UnusableFile("the first line has no column question")
    return header


def _from_row(header: list[str], row: list[str]) -> dict[str, Any]:
    if len(row) != len(header):
        raise ValueError(f"has {len(row)} cells, but the header has {len(header)}")
    given: dict[str, Any] = {}
    for name, cell in zip(header, row, strict=True):
        part, dot, attribute = name.partition(".")
        if not cell:  # an empty cell sets nothing
            continue
        if dot:
            given.setdefault(part, {})[attribute] = cell
        else:
            given[name] = float(cell) if name == "max_wait_seconds" else cell
    return given
