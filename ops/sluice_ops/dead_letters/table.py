"""Dead letters on stdout, for a person; and as JSON, for programs."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.text import Text

from sluice_ops.dead_letters.queue import Count, DeadLetter, HeldMessages
from sluice_ops.terminal import aligned, in_words, one_line

_INDENT = "  "
_AGE_WIDTH, _RECEIVES_WIDTH = len("59 min"), len("RECEIVES")


def print_dead_letters(console: Console, messages: Sequence[DeadLetter], now: float) -> None:
    """Print a line about each message, and below it the beginning of its body."""
    heads = ("ID", "LANE", f"{'AGE':>{_AGE_WIDTH}}", "RECEIVES", "REASON")
    rows = [[Text(head, "bold") for head in heads]]
    rows += [_row(message, now) for message in messages]
    lines = aligned(console, rows) or [Text(), *(_stacked(row) for row in rows[1:])]
    if lines[0]:
        console.print(lines[0])
    for message, line in zip(messages, lines[1:], strict=True):
        console.print(line)
        body = Text(_INDENT + one_line(message.body), "dim")
        body.truncate(console.width, overflow="ellipsis")
        console.print(body)


def _row(message: DeadLetter, now: float) -> list[Text]:
    return [
        Text(message.id),
        Text(message.lane or "unknown"),
        Text(f"{in_words(now - message.sent_at):>{_AGE_WIDTH}}"),
        Text(f"{message.receives:>{_RECEIVES_WIDTH}}"),
        Text(one_line(message.reason or "unknown")),
    ]


def _stacked(row: Sequence[Text]) -> Text:
    """Return a row for a narrow terminal, with the id uncut on a line of its own."""
    message_id, lane, age, receives, reason = (cell.plain.strip() for cell in row)
    facts = f"{_INDENT}{lane}, {age} old, received {receives}x: {reason}"
    return Text(f"{message_id}\n{facts}")


def as_json(held: HeldMessages, count: Count) -> dict[str, Any]:
    """Return the messages for programs. `complete` is false if there may be more."""
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
