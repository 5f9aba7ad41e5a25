"""Terminal: the two streams of a command, and text that is safe to print there.

stdout carries the result and nothing else. Notes and errors go to stderr.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

#: Columns of a pipe or a file, which have no width of their own.
_PIPE = 200
#: Columns between two columns of a table, and the fewest that its last one may wrap in.
_GAP, _LEAST = 2, 20


def _console(stream: TextIO) -> Console:
    is_terminal = stream.isatty()
    return Console(
        stderr=stream is sys.stderr,
        # A pipe gets no escape codes, whatever the environment says about colours.
        force_terminal=is_terminal,
        width=None if is_terminal else _PIPE,
        highlight=False,
        markup=False,
        emoji=False,
    )


@dataclass(frozen=True)
class Terminal:
    """The streams of one run of the command."""

    out: Console = field(default_factory=lambda: _console(sys.stdout))
    err: Console = field(default_factory=lambda: _console(sys.stderr))

    def note(self, message: str, style: str = "") -> None:
        """Print one line on stderr, without control characters."""
        self.err.print(Text(one_line(message), style), soft_wrap=True)

    def print_json(self, document: dict[str, Any]) -> None:
        """Print JSON on stdout, in ASCII, which any encoding can print."""
        self.out.print(Text(json.dumps(document, indent=2)), soft_wrap=True)


def aligned(console: Console, rows: Sequence[Sequence[Text]]) -> list[Text] | None:
    """Return each row with its cells in columns, of which the last may wrap.

    None if the terminal is too narrow for that.
    """
    *widths, last = (max(cell.cell_len for cell in column) for column in zip(*rows, strict=True))
    left = console.width - sum(width + _GAP for width in widths)
    if left < min(last, _LEAST):
        return None
    return [_in_columns(console, row, widths) for row in rows]


def _in_columns(console: Console, row: Sequence[Text], widths: Sequence[int]) -> Text:
    table = Table.grid(padding=(0, _GAP, 0, 0))
    for width in widths:
        table.add_column(width=width, no_wrap=True)
    table.add_row(*row)
    lines = [
        Text.assemble(*((part.text, part.style or "") for part in line))
        for line in console.render_lines(table)
    ]
    for line in lines:
        line.rstrip()
    return Text("\n").join(lines)


def one_line(text: str) -> str:
    """Return text from outside as one line that is safe to print on a terminal.

    It has no control characters, and no invisible ones that change the direction of the text.
    """
    return " ".join("".join(_safe(character) for character in text).split())


def _safe(character: str) -> str:
    if character.isprintable():
        return character
    return " " if character.isspace() else ""


def in_words(seconds: float) -> str:
    """Return a duration such as "12 s", "5 min", "1 h 8 min" or "2.5 days"."""
    seconds = max(0.0, seconds)
    for size, unit, part, part_unit in ((86_400, "days", 3_600, "h"), (3_600, "h", 60, "min")):
        # 119.5 minutes are "2.0 h", not "1 h 60 min".
        if seconds >= 2 * size - part / 2:
            return f"{seconds / size:.1f} {unit}"
        if seconds >= size:
            return f"1 {unit.removesuffix('s')} {round((seconds - size) / part)} {part_unit}"
    if seconds >= 120:
        return f"{seconds / 60:.0f} min"
    return f"{seconds:.0f} s"
