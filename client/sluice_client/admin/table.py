"""Dead letters on stdout, for a person; and as JSON, for programs."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.text import Text

from sluice_client.admin.dead_letters import Count, DeadLetter, Hand
from sluice_client.views.duration import in_words
from sluice_client.views.printable import one_line

_LANE_WIDTH = len("interactive")
_AGE_WIDTH = len("59 min")
_INDENT = "  "
#: Characters of a body where no terminal says how wide it is.
_LONGEST = 200


def print_dead_letters(console: Console, letters: Iterable[DeadLetter], now: float) -> None:
    """Print each letter's facts, and the beginning of its body below."""
    rows = list(letters)
    width = max(len(letter.id) for letter in rows)
    _print(console, ("ID", "LANE", "AGE", "RECEIVES", "REASON"), width, "bold")
    for letter in rows:
        age = in_words(now - letter.sent_at)
        lane, reason = letter.lane or "unknown", one_line(letter.reason or "unknown")
        _print(console, (letter.id, lane, age, str(letter.receives), reason), width)
        body = Text(_INDENT + one_line(letter.body), "dim")
        body.truncate(console.width if console.is_terminal else _LONGEST, overflow="ellipsis")
        console.print(body, soft_wrap=True)


def _print(console: Console, row: tuple[str, ...], width: int, style: str = "") -> None:
    letter_id, lane, age, receives, reason = row
    facts = f"{letter_id:<{width}}  {lane:<{_LANE_WIDTH}}  {age:>{_AGE_WIDTH}}  {receives:>8}  "
    console.print(Text(facts + reason, style), soft_wrap=True)


def as_json(hand: Hand, count: Count) -> dict[str, Any]:
    """The letters for programs. `complete` is false if there may be more than are listed."""
    return {
        "dead_letters": [_letter(letter) for letter in hand.letters],
        "complete": hand.all,
        "approximate_total": max(count.waiting, len(hand.letters)) + count.held,
    }


def _letter(letter: DeadLetter) -> dict[str, Any]:
    sent_at = datetime.fromtimestamp(letter.sent_at, UTC)
    return {
        "id": letter.id,
        "sent_at": sent_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "receives": letter.receives,
        "reason": letter.reason,
        "lane": letter.lane,
        "body": letter.body,
    }
