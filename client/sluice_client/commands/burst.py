"""`sluice burst`: thousands of questions from a file, the answers into another."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click

from sluice_client.api.errors import SluiceError
from sluice_client.burst.answers import Answers
from sluice_client.burst.errors import UnusableFile
from sluice_client.burst.input_file import read_questions
from sluice_client.burst.input_line import InputLine, digest
from sluice_client.burst.journal import Journal
from sluice_client.burst.progress import BurstProgress
from sluice_client.burst.result import Result
from sluice_client.burst.runner import Runner
from sluice_client.burst.summary import Summary
from sluice_client.burst.worklist import Task, is_settled, tasks_of_run
from sluice_client.client.sync_client import Sluice
from sluice_client.commands.exit_codes import EXIT_CODES_HELP, ExitCode
from sluice_client.commands.session import Session
from sluice_client.transport.retry import Retry
from sluice_client.views.burst import BurstView, summary_lines

#: A burst has its own pauses after failures, and polls other batches meanwhile.
_NO_RETRIES = Retry(attempts=1)


@click.command(epilog=EXIT_CODES_HELP)
@click.argument("questions", metavar="QUESTIONS")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    metavar="ANSWERS",
    help="The file for the answers: one JSON line each, in the order they arrive.",
)
@click.option("--csv", "as_csv", is_flag=True, help="Read QUESTIONS as CSV, whatever its name.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    help="Ask only the first N questions, as a trial.",
)
@click.option(
    "--retry-failed",
    is_flag=True,
    help="Also ask again the questions that failed or were cancelled.",
)
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

    QUESTIONS is JSON Lines ("-" reads stdin): one object per line with a question, and optionally
    custom_id, filter, previous_job_id, max_wait_seconds and metadata; or just a string. Or it is
    CSV: a header row with a column question, and columns such as custom_id, filter.category or
    metadata.ticket.

    Run the same command again to resume, whatever ended it. No question is asked twice, and
    accepted questions are answered meanwhile. Keep the file ANSWERS.state until then.

    \b
    Examples:
      sluice burst questions.csv -o answers.jsonl
      sluice burst questions.jsonl -o answers.jsonl --limit 10
      jq -r 'select(.status == "completed") | [.custom_id, .answer.text] | @tsv' answers.jsonl
    """  # noqa: D301 - click wants the \b itself
    lines = _read(questions, output, as_csv=as_csv or questions.lower().endswith(".csv"))
    service = Sluice(transport=session.transport, clock=session.clock, retry=_NO_RETRIES)
    with service, _opened(output.resolve()) as (journal, answers):
        tasks = tasks_of_run(
            lines, answers.results, journal, retry_failed=retry_failed, limit=limit
        )
        progress = _initial_progress(session, lines[:limit], answers, tasks)
        before, began = progress.done, session.clock.monotonic()
        try:
            with BurstView(session.err, session.clock, progress) as view, _hint(progress):
                Runner(service, session.clock, answers, journal, progress, view.tick).run(tasks)
            _finish(lines, answers, journal)
        except OSError as error:
            session.note(
                f"The answers could not be written ({error.strerror}): {_so_far(progress)}. Free"
                " some space, and run the same command again to resume.",
                "red",
            )
            code = ExitCode.UNFINISHED
        else:
            summary = Summary.of(_current(lines[:limit], answers))
            ended, seconds = progress.done - before, session.clock.monotonic() - began
            for line in summary_lines(summary, total=progress.total, ended=ended, seconds=seconds):
                session.note(line)
            code = ExitCode.NO_ANSWER if summary.unanswered else ExitCode.ANSWERED
    click.get_current_context().exit(code)


def _read(questions: str, output: Path, *, as_csv: bool) -> list[InputLine]:
    try:
        if questions == "-":
            content = b"" if sys.stdin is None else sys.stdin.buffer.read()
        else:
            path = Path(questions)
            if output.exists() and path.samefile(output):
                raise click.UsageError("QUESTIONS and ANSWERS must be two files.")
            content = path.read_bytes()
        return read_questions(content, as_csv=as_csv)
    except OSError as error:
        raise click.UsageError(f"{questions}: {error.strerror}.") from error
    except UnusableFile as error:
        name = "stdin" if questions == "-" else questions
        # A list of lines ends without a full stop.
        end = "" if "\n" in str(error) else "."
        raise click.UsageError(f"{name}: {error}{end}") from error


@contextmanager
def _opened(output: Path) -> Iterator[tuple[Journal, Answers]]:
    with ExitStack() as stack:
        try:
            # The journal first: it locks the answers too.
            journal = stack.enter_context(Journal(output))
            answers = stack.enter_context(Answers(output))
        except OSError as error:
            raise click.UsageError(f"{output}: {error.strerror}.") from error
        except UnusableFile as error:
            raise click.UsageError(f"{error}.") from error
        yield journal, answers


def _initial_progress(
    session: Session, lines: Sequence[InputLine], answers: Answers, tasks: Sequence[Task]
) -> BurstProgress:
    to_do = {name for task in tasks for name in task.missing}
    done = [one for one in _current(lines, answers) if one.custom_id not in to_do]
    failed = sum(not one.completed for one in done)
    return BurstProgress(session.clock, total=len(lines), done=len(done), failed=failed)


def _current(lines: Sequence[InputLine], answers: Answers) -> list[Result]:
    """Return the results of the questions that the input contains now."""
    known = ((line, answers.results.get(line.custom_id)) for line in lines)
    return [one for line, one in known if one and one.digest == digest(line.question)]


@contextmanager
def _hint(progress: BurstProgress) -> Iterator[None]:
    """Add to any interruption how to resume."""
    try:
        yield
    except (SluiceError, KeyboardInterrupt) as error:
        error.add_note(
            f"{_so_far(progress)}. Run the same command again to resume; accepted questions are"
            " answered meanwhile."
        )
        raise


def _so_far(progress: BurstProgress) -> str:
    return f"{progress.done - progress.failed:,} of {progress.total:,} are answered"


def _finish(lines: Sequence[InputLine], answers: Answers, journal: Journal) -> None:
    """Tidy the files, unless a batch is open whose answers another run will want."""
    answers.sync()
    if is_settled(journal, lines, answers.results):
        answers.tidy()
        journal.clear()
