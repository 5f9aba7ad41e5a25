"""Jobs as a table: id, status, age, question."""

from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from sluice_client.api.job import COMPLETED, FAILED, STATUSES, Job
from sluice_client.views.duration import in_words
from sluice_client.views.printable import one_line

_COLOURS = {COMPLETED: "green", FAILED: "red"}
_STATUS_WIDTH = max(map(len, STATUSES))
_AGE_WIDTH = len("59 min")

#: Columns. A question with less room than this gets its own line.
_SHORTEST_QUESTION = 16
_INDENT = "  "


def print_jobs(console: Console, jobs: Iterable[Job], now: float) -> None:
    """Print the jobs. `now`: seconds since 1970.

    Only questions are cut to the width of the terminal: their beginning is enough to recognise
    them, while half an id is useless. rich.table would cut ids too, and cannot wrap a row.
    """
    rows = [(_facts(job, now), one_line(job.question or "")) for job in jobs]
    id_width = max((len(facts[0]) for facts, _ in rows), default=0)
    _print_row(console, ("ID", "STATUS", "AGE"), "QUESTION", id_width, "bold")
    for facts, question in rows:
        _print_row(console, facts, question, id_width)


def _facts(job: Job, now: float) -> tuple[str, str, str]:
    age = "" if job.created_at is None else in_words(now - job.created_at.timestamp())
    return one_line(job.id), one_line(job.status or ""), age


def _print_row(
    console: Console, facts: tuple[str, str, str], question: str, id_width: int, style: str = ""
) -> None:
    job_id, status, age = facts
    line = Text(f"{job_id:<{id_width}}  ", style)
    line.append(f"{status:<{_STATUS_WIDTH}}", _COLOURS.get(status, ""))
    line.append(f"  {age:>{_AGE_WIDTH}}")
    room = console.width - len(line) - len(_INDENT)
    if room < _SHORTEST_QUESTION:
        console.print(line, soft_wrap=True)
        line, room = Text("", style), console.width - len(_INDENT)
    shortened = Text(question)
    shortened.truncate(room, overflow="ellipsis")
    console.print(line + Text(_INDENT) + shortened, soft_wrap=True)
