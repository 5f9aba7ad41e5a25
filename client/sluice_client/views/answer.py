"""A finished job on stdout: the answer, then its sources."""

from rich.console import Console
from rich.text import Text

from sluice_client.api.answer import Answer
from sluice_client.api.job import Job
from sluice_client.api.source import Source
from sluice_client.views.printable import one_line, printable

_INDENT = "    "
_EXCERPT_LINES = 2

#: Columns. Longer lines are hard to read.
WIDEST = 100

#: How a text cites its sources, and the style of such a citation.
MARKER, MARKER_STYLE = r"\[\d+\]", "cyan"

NO_TEXT = "The job completed without any text."


def print_answer(console: Console, job: Job, *, all_sources: bool = False) -> None:
    """Print a completed job's answer and the sources it cites, or all that were found."""
    answer = job.answer or Answer()
    text = Text(printable(answer.text or NO_TEXT).strip("\n"))
    text.highlight_regex(MARKER, MARKER_STYLE)
    _print_lines(console, _wrapped(console, text))
    print_sources(console, job, all_sources=all_sources)


def print_sources(console: Console, job: Job, *, all_sources: bool = False) -> None:
    """Print the sources of an answer, which follow its text."""
    shown = job.sources if all_sources else _cited(job)
    console.print()
    if shown:
        console.print(Text("Sources", "bold"))
    else:
        console.print("No sources.")
    for source in shown:
        _print_source(console, source)
    if more := len(job.sources) - len(shown):
        found = "1 more source was" if more == 1 else f"{more} more sources were"
        line = f"{found} found: sluice job {job.id} --all-sources"
        console.print(Text(line, "dim"), soft_wrap=True)


def _cited(job: Job) -> tuple[Source, ...]:
    """Return the sources the answer cites; all of them when it does not say which."""
    answer = job.answer or Answer()
    if answer.grounded is False:
        return ()
    numbers = {citation.source for citation in answer.citations}
    if not numbers:
        return job.sources
    return tuple(source for source in job.sources if source.number in numbers)


def _print_source(console: Console, source: Source) -> None:
    number = "" if source.number is None else f"[{source.number}]"
    first, *rest = _wrapped(console, _heading(source), len(_INDENT))
    _print_lines(console, [Text(f"{number:<{len(_INDENT) - 1}} ") + first])
    _print_lines(console, rest, _INDENT)
    _print_lines(console, _excerpt(console, source), _INDENT)
    link = one_line(source.link or source.uri or "")
    if link:  # on one line, however long, so that it can be copied
        _print_lines(console, [Text(link, "blue")], _INDENT)


def _heading(source: Source) -> Text:
    heading = Text(one_line(source.title or "") or "Untitled", "bold")
    if source.page is not None:
        heading.append(f", p. {source.page}", "not bold")
    confidence = one_line(source.confidence or "").replace("_", " ").lower()
    if confidence and confidence != "not available":
        heading.append(f"  ({confidence} confidence)", "not bold dim")
    return heading


def _excerpt(console: Console, source: Source) -> list[Text]:
    lines = _wrapped(console, Text(one_line(source.excerpt or "")), len(_INDENT))
    shown = lines[:_EXCERPT_LINES]
    if len(lines) > len(shown):
        shown[-1] = _ending_open(shown[-1], _width(console) - len(_INDENT))
    return shown if source.excerpt else []


def _ending_open(line: Text, width: int) -> Text:
    """Return the line with " …" at its end, without its last word if there is no room."""
    if line.cell_len + 2 > width:
        words = line.plain.rpartition(" ")[0]
        line = Text(words) if words else line[:-2]
    return line + Text(" …")


def _wrapped(console: Console, text: Text, indent: int = 0) -> list[Text]:
    lines = list(text.wrap(console, max(_width(console) - indent, 10)))
    for line in lines:
        line.rstrip()
    return lines


def _width(console: Console) -> int:
    return min(console.width, WIDEST)


def _print_lines(console: Console, lines: list[Text], indent: str = "") -> None:
    for line in lines:
        console.print(Text(indent) + line, soft_wrap=True)
