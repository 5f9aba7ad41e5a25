"""Terminal: the two streams of a command, and text that is safe to print there.

stdout carries the result and nothing else. Notes and errors go to stderr.
"""

import json
import sys
from dataclasses import dataclass, field
from typing import Any, TextIO

from rich.console import Console
from rich.text import Text

#: Columns of a pipe or a file, which have no width of their own.
_PIPE = 200


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
        """Print one line on stderr, whatever characters it holds."""
        self.err.print(Text(one_line(message), style), soft_wrap=True)

    def print_json(self, document: dict[str, Any]) -> None:
        """Print JSON on stdout, in ASCII, which any encoding can print."""
        self.out.print(Text(json.dumps(document, indent=2)), soft_wrap=True)


def one_line(text: str) -> str:
    """Return text of strangers on one line, without what a terminal would obey.

    Left out are control characters, and invisible ones that change the direction of the text.
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
        # What rounds to two is written as two, not as "1 h 60 min".
        if seconds >= 2 * size - part / 2:
            return f"{seconds / size:.1f} {unit}"
        if seconds >= size:
            return f"1 {unit.removesuffix('s')} {round((seconds - size) / part)} {part_unit}"
    if seconds >= 120:
        return f"{seconds / 60:.0f} min"
    return f"{seconds:.0f} s"
