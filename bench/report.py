"""The parts of a report in Markdown: its tables, its targets, and the whole."""

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table with aligned columns: the first to the left, the others, numbers, to the right."""
    lines = [list(head), *(list(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(_line(line, widths) for line in [lines[0], rule, *lines[1:]])


def target(met: bool, text: str) -> str:
    """A list item that says whether a target is met."""
    return f"- {'Met' if met else 'Missed'}: {text}."


def document(*parts: str) -> str:
    """The whole report; empty parts are left out. Put one sentence on a line."""
    return "\n\n".join(part for part in parts if part) + "\n"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    return " | ".join(["| " + first[0].ljust(first[1]), *(c.rjust(w) for c, w in others)]) + " |"
