"""Dead letters on stdout, for a person; and as JSON, for programs."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sluice_ops.dead_letters.queue import Count, DeadLetter, Held
from sluice_ops.terminal import in_words, one_line

_INDENT = "  "
#: Columns that a row with an id, a lane, an age, receives and most reasons takes.
_WIDE = 100


def print_dead_letters(console: Console, messages: Sequence[DeadLetter], now: float) -> None:
    """Print what is known of each message, and the beginning of its body below."""
    is_wide = console.width >= _WIDE
    if is_wide:
        console.print(_row("ID", "LANE", "AGE", "RECEIVES", "REASON", style="bold"))
    for message in messages:
        lane, age = message.lane or "unknown", in_words(now - message.sent_at)
        receives, reason = str(message.receives), one_line(message.reason or "unknown")
        if is_wide:
            console.print(_row(message.id, lane, age, receives, reason))
        else:
            # An id that is cut is of no use, so it gets a line of its own.
            console.print(Text(message.id, "bold"), soft_wrap=True)
            console.print(Text(f"{_INDENT}lane {lane}, {age} old, received {receives}x: {reason}"))
        body = Text(_INDENT + one_line(message.body), "dim")
        body.truncate(console.width, overflow="ellipsis")
        console.print(body)


def _row(*cells: str, style: str = "") -> Table:
    """Return one line of the list; each has the same columns, so that bodies fit in between."""
    row = Table.grid(padding=(0, 2, 0, 0))
    for width in (len("0190c7f2-4d5e-7abc-8def-0123456789ab"), len("interactive")):
        row.add_column(width=width)
    for width in (len("59 min"), len("RECEIVES")):
        row.add_column(width=width, justify="right")
    row.add_column()
    row.add_row(*(Text(cell) for cell in cells), style=style)
    return row


def as_json(held: Held, count: Count) -> dict[str, Any]:
    """The messages for programs. `complete` is false if there may be more than are listed."""
    return {
        "dead_letters": [_message(message) for message in held.messages],
        "complete": held.complete,
        "approximate_total": max(count.waiting, len(held.messages)) + count.held,
    }


def _message(message: DeadLetter) -> dict[str, Any]:
    sent_at = datetime.fromtimestamp(message.sent_at, UTC)
    return {
        "id": message.id,
        "sent_at": sent_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "receives": message.receives,
        "reason": message.reason,
        "lane": message.lane,
        "body": message.body,
    }
