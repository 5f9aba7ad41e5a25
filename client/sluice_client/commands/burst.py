"""`sluice burst`: thousands of questions from a file, the answers into another."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click

from sluice_client.api.errors import SluiceError
from sluice_client.burst.answers import Answers
from sluice_client.burst.errors import Unusable
from sluice_client.burst.input_file import read_questions
from sluice_client.burst.input_line import Line, digest
from sluice_client.burst.journal import Journal
from sluice_client.burst.progress import Standing
from sluice_client.burst.result import Outcome
from sluice_client.burst.runner import Runner
from sluice_client.burst.summary import Tally
from sluice_client.burst.worklist import Errand, agenda, is_settled
from sluice_client.commands.exit_codes import EXITS_HELP, Exit
from sluice_client.commands.session import Session
from sluice_client.transport.retry import Retry
from sluice_client.views.burst import BurstView, summary

#: A burst has patience of its own, and something else to do meanwhile.
_ONCE = Retry(attempts=1)


@click.command(epilog=EXITS_HELP)
@click.argument("questions", metavar="QUESTIONS")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    metavar="ANSWERS",
    help="Where the answers go, one JSON line each, as they come.",
)
@click.option("--csv", "as_csv", is_flag=True, help="QUESTIONS is CSV, whatever its name.")
@click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N questions, to try."
)
@click.option("--retry-failed", is_flag=True, help="Ask those again that failed or were cancelled.")
@click.pass_obj
def burst(
    session: Session,
    questions: str,
    output: Path,
    as_csv: bool,
    limit: int | None,
    retry_failed: bool,
) -> None:
    """Ask every question of a file, in batches, at the pace the service's quotas allow.

    QUESTIONS is JSON Lines ("-" for stdin): an object per line with a question, and optionally
    custom_id, filter, previous_job_id, max_wait_seconds and metadata; or just a text. Or it is
    CSV: a header row, a column question, and such as custom_id, filter.category, metadata.ticket.

    Whatever ends it, the same command goes on where it was: nothing is asked twice, and what was
    accepted is answered meanwhile. ANSWERS.state, beside the answers, is needed for that.

    \b
    Examples:
      sluice burst questions.csv -o answers.jsonl
      sluice burst questions.jsonl -o answers.jsonl --limit 10
      jq -r 'select(.status == "completed") | [.custom_id, .answer.text] | @tsv' answers.jsonl
    """  # noqa: D301 - click wants the \b itself
    lines = _read(questions, output, as_csv=as_csv or questions.lower().endswith(".csv"))
    with session.connect(_ONCE) as sluice, _opened(output.resolve()) as (answers, journal):
        errands = agenda(lines, answers.outcomes, journal, retry_failed=retry_failed, limit=limit)
        standing = _standing(session, lines[:limit], answers, errands)
        before, began = standing.done, session.clock.monotonic()
        try:
            with BurstView(session.err, session.clock, standing) as view, _going_on(standing):
                Runner(sluice, session.clock, answers, journal, standing, view.tick).run(errands)
            _settle(lines, answers, journal)
        except OSError as error:
            session.note(
                f"The answers could not be written ({error.strerror}): {_so_far(standing)}. Make"
                " room, and run the same command again to go on.",
                "red",
            )
            code = Exit.UNFINISHED
        else:
            tally = Tally.of(_current(lines[:limit], answers))
            ended, seconds = standing.done - before, session.clock.monotonic() - began
            for words in summary(tally, total=standing.total, ended=ended, seconds=seconds):
                session.note(words)
            code = Exit.NO_ANSWER if tally.unanswered else Exit.ANSWERED
    click.get_current_context().exit(code)


def _read(questions: str, output: Path, *, as_csv: bool) -> list[Line]:
    try:
        if questions == "-":
            content = b"" if sys.stdin is None else sys.stdin.buffer.read()
        else:
            path = Path(questions)
            if output.exists() and path.samefile(output):
                raise click.UsageError("The answers cannot go into the file of the questions.")
            content = path.read_bytes()
        return read_questions(content, as_csv=as_csv)
    except OSError as error:
        raise click.UsageError(f"{questions}: {error.strerror}.") from error
    except Unusable as error:
        name = "stdin" if questions == "-" else questions
        raise click.UsageError(f"{name}: {error}.") from error


@contextmanager
def _opened(output: Path) -> Iterator[tuple[Answers, Journal]]:
    with ExitStack() as stack:
        try:
            answers = stack.enter_context(Answers(output))
            journal = stack.enter_context(Journal(output))
        except OSError as error:
            raise click.UsageError(f"{output}: {error.strerror}.") from error
        except Unusable as error:
            raise click.UsageError(f"{error}.") from error
        yield answers, journal


def _standing(
    session: Session, lines: Sequence[Line], answers: Answers, errands: Sequence[Errand]
) -> Standing:
    to_do = {name for errand in errands for name in errand.missing}
    done = [one for one in _current(lines, answers) if one.custom_id not in to_do]
    failed = sum(not outcome.completed for outcome in done)
    return Standing(session.clock, total=len(lines), done=len(done), failed=failed)


def _current(lines: Sequence[Line], answers: Answers) -> list[Outcome]:
    """Return the outcomes of what the input asks now."""
    known = ((line, answers.outcomes.get(line.custom_id)) for line in lines)
    return [one for line, one in known if one and one.digest == digest(line.question)]


@contextmanager
def _going_on(standing: Standing) -> Iterator[None]:
    """Say with whatever interrupts this how to go on."""
    try:
        yield
    except (SluiceError, KeyboardInterrupt) as error:
        error.add_note(
            f"{_so_far(standing)}. Run the same command again to go on; what was accepted is"
            " answered meanwhile."
        )
        raise


def _so_far(standing: Standing) -> str:
    return f"{standing.done - standing.failed:,} of {standing.total:,} are answered"


def _settle(lines: Sequence[Line], answers: Answers, journal: Journal) -> None:
    """Tidy up, unless something is on its way that another run will want."""
    answers.settle()
    if is_settled(journal, lines, answers.outcomes):
        answers.tidy()
        journal.remove()
