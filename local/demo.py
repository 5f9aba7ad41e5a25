"""`make demo`: start the stack, ask all questions at once, show the answers, stop."""

import json
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from local.kendra.documents import find_documents
from local.ministack import free_port
from local.stack import Stack, StackOptions
from sluice_client import Job, Sluice, SluiceError, Source
from sluice_client.views.answer import print_answer

#: Questions asked, at most.
_MOST = 10


@dataclass(frozen=True)
class Asked:
    """A question of the demo, with its job or the error."""

    question: str
    job: Job | None
    error: str = ""

    @property
    def is_answered(self) -> bool:
        return self.job is not None and self.job.status == "completed" and bool(self.job.sources)


def demo(documents: Path) -> int:
    """Run the demo over a folder; return 0 if every question was answered, else 1."""
    # As Ctrl-C does, this leaves the contexts below, which stop what was started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    console = Console(highlight=False)
    begun = time.monotonic()
    console.print("Starting Sluice on this machine ...")
    with (
        TemporaryDirectory() as state,
        Stack(_options(documents, Path(state)), console.print) as stack,
    ):
        questions = _questions(documents)
        console.print(f"Ready. Asking {len(questions)} questions at once.\n")
        started = time.monotonic()
        asked = _ask_all(stack.deployed.api_url, stack.deployed.api_key, questions, console)
        seconds = time.monotonic() - started
    for each in asked:
        _show(console, each)
    return _sum_up(console, asked, seconds, time.monotonic() - begun)


def _options(documents: Path, state: Path) -> StackOptions:
    return StackOptions(port=free_port(), documents=documents, state=state)


def _questions(documents: Path) -> list[str]:
    """Return the questions of questions.jsonl in or beside the folder, else one per document."""
    for folder in (documents, documents.parent):
        file = folder / "questions.jsonl"
        if file.is_file():
            lines = file.read_text(encoding="utf-8").splitlines()
            return [json.loads(line)["question"] for line in lines if line.strip()][:_MOST]
    paths, _ = find_documents(documents)
    names = [path.stem.replace("_", " ").replace("-", " ") for path in paths]
    return [f"What does {name} say?" for name in names][:_MOST]


def _ask_all(url: str, key: str, questions: list[str], console: Console) -> list[Asked]:
    """Submit all questions, then wait for each, with one request at a time."""
    columns = (TextColumn("Answered"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Sluice(url, key) as sluice, Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=len(questions))
        submitted = [_attempt(question, sluice.submit, question) for question in questions]
        asked = []
        for each in submitted:
            if each.job:
                each = _attempt(each.question, sluice.wait, each.job.id, 120)
            asked.append(each)
            progress.advance(task)
        return asked


def _attempt(question: str, call: Callable[..., Job], *arguments: Any) -> Asked:
    try:
        return Asked(question, call(*arguments))
    except SluiceError as error:
        return Asked(question, None, str(error))


def _show(console: Console, asked: Asked) -> None:
    console.print()
    console.rule(style="dim")
    console.print(asked.question, style="bold", markup=False)
    console.print()
    if asked.job is None or asked.job.answer is None:
        error = asked.job.error if asked.job else None
        reason = f"{error.title}: {error.detail}" if error else asked.error
        console.print(f"Not answered. {reason}", markup=False)
        return
    print_answer(console, replace(asked.job, sources=_cited(asked.job)))


def _cited(job: Job) -> tuple[Source, ...]:
    """Return the sources that the answer cites."""
    cited = {citation.source for citation in job.answer.citations} if job.answer else set()
    return tuple(source for source in job.sources if source.number in cited)


def _sum_up(console: Console, asked: list[Asked], seconds: float, overall: float) -> int:
    answered = [each.job for each in asked if each.is_answered and each.job]
    paged = [job for job in answered if any(source.page for source in _cited(job))]
    console.print()
    console.rule(style="dim")
    console.print(
        f"{len(answered)} of {len(asked)} questions answered in {seconds:.1f} s, "
        f"{len(paged)} of them with a page of a PDF. The demo took {overall:.0f} s."
    )
    console.print("Everything has been stopped. To ask your own questions: make run")
    return 0 if asked and len(answered) == len(asked) else 1
