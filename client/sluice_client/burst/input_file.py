"""Questions: the input, read and checked whole before anything is asked.

JSON Lines: an object per line (`question`, and what FIELDS lists), or a bare string. CSV: a header
row with a column `question`; the columns `filter.NAME` and `metadata.NAME` fill those objects.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NoReturn

from sluice_client.burst.errors import Unusable
from sluice_client.burst.input_line import FIELDS, Line, line_of

#: Broken lines that are told of at once.
_TOLD = 20

#: What separates cells: of these the one under which the header has a question.
_SEPARATORS = ",;\t"

#: Columns that fill an object, one entry each.
_OBJECTS = ("filter", "metadata")

#: A line that is read when it is its turn, so that a broken one does not hide the next.
_Reading = tuple[int, Callable[[], dict[str, Any]]]


def read_questions(content: bytes, *, as_csv: bool) -> list[Line]:
    """Return the questions in order. Raises Unusable with every broken line, or the first 20."""
    text = _decoded(content)
    lines: list[Line] = []
    wrong: list[str] = []
    first: dict[str, int] = {}
    for number, read in _csv_lines(text) if as_csv else _json_lines(text):
        try:
            line = line_of(number, read())
            if first.setdefault(line.custom_id, number) != number:
                raise ValueError(f"its custom_id is that of line {first[line.custom_id]} too")
        except RecursionError:
            wrong.append(f"line {number}: it is nested too deeply")
        except ValueError as error:
            wrong.append(f"line {number}: {error}")
        else:
            lines.append(line)
    if wrong:
        raise Unusable(_broken(wrong))
    if not lines:
        raise Unusable("there is no question in it")
    return lines


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = content.count(b"\n", 0, error.start) + 1
        raise Unusable(f"line {number} is not UTF-8: save the file as UTF-8") from None


def _broken(wrong: list[str]) -> str:
    more = len(wrong) - _TOLD
    told = [*wrong[:_TOLD], *([f"and {more:,} more"] if more > 0 else [])]
    count = "1 line is" if len(wrong) == 1 else f"{len(wrong):,} lines are"
    return "\n  ".join([f"{count} broken, and nothing was sent.", *told])


def _json_lines(text: str) -> Iterator[_Reading]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, partial(_from_json, line)


def _from_json(line: str) -> dict[str, Any]:
    try:
        told = json.loads(line, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not JSON ({error.msg}, at character {error.pos + 1})") from None
    if isinstance(told, str):
        return {"question": told}
    if not isinstance(told, dict):
        raise ValueError("it is neither an object nor a text")  # noqa: TRY004 - the line is at fault
    return told


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
            raise Unusable(f"line {number} is not CSV ({error}), and nothing was sent") from None
        if row is None:
            return
        if not any(row):
            continue
        if header:
            yield number, partial(_from_row, header, row)
        else:
            header = _checked([name.strip() for name in row])


def _separator(text: str) -> str:
    header = next((line for line in text.splitlines() if line.strip()), "")
    for separator in _SEPARATORS:
        names = next(csv.reader([header], delimiter=separator), [])
        if "question" in map(str.strip, names):
            return separator
    return ","


def _checked(header: list[str]) -> list[str]:
    columns = [*(name for name in FIELDS if name not in _OBJECTS)]
    for name in header:
        part, dot, attribute = name.partition(".")
        if name not in columns and not (part in _OBJECTS and dot and attribute):
            raise Unusable(
                f"there is no column {name!r}, only {', '.join(columns)}, filter.NAME and"
                " metadata.NAME"
            )
        if header.count(name) > 1:
            raise Unusable(f"the column {name!r} is there twice")
    if "question" not in header:
        raise Unusable("its first line names no column question")
    return header


def _from_row(header: list[str], row: list[str]) -> dict[str, Any]:
    if len(row) != len(header):
        raise ValueError(f"it has {len(row)} cells, and the header {len(header)}")
    told: dict[str, Any] = {}
    for name, cell in zip(header, row, strict=True):
        part, dot, attribute = name.partition(".")
        if not cell:  # nothing was filled in
            continue
        if dot:
            told.setdefault(part, {})[attribute] = cell
        else:
            told[name] = float(cell) if name == "max_wait_seconds" else cell
    return told
