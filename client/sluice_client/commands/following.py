"""Following: show how a job proceeds until it is finished."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from sluice_client.api.errors import SluiceError, WaitTimeout
from sluice_client.api.events import (
    Event,
    Interrupted,
    JobCancelled,
    JobCompleted,
    JobFailed,
    Resumed,
)
from sluice_client.api.job import Job
from sluice_client.commands.session import Session
from sluice_client.views.live_answer import LiveAnswer
from sluice_client.views.progress import Progress


@dataclass(frozen=True)
class JobToShow:
    """A job to print. `text_is_shown`: its answer's text is on the screen already."""

    job: Job
    text_is_shown: bool = False


@contextmanager
def status_line(session: Session, doing: str, *, as_json: bool) -> Iterator[Progress]:
    """Show a status line meanwhile. After --timeout, --json still prints the job as last seen."""
    try:
        with Progress(session.err, session.clock, doing) as progress:
            yield progress
    except WaitTimeout as error:
        if as_json and error.job:
            session.print_json(error.job.raw)
        raise


def follow_silently(
    job_id: str, wait: Callable[[Callable[[Job], None]], Job], progress: Progress
) -> JobToShow:
    """Return the job once it is finished. `wait` waits, and reports each change to its argument."""
    with hint_to_wait(job_id):
        return JobToShow(wait(progress.show))


def is_streamed(session: Session, *, no_stream: bool, as_json: bool) -> bool:
    """Return whether to show the answer as it is written; a pipe or a file gets it whole."""
    return session.out.is_terminal and not no_stream and not as_json


def follow_stream(
    session: Session,
    progress: Progress,
    events: Generator[Event, None, None],
    job_id: str | None = None,
) -> JobToShow:
    """Show the events of a job to its end and return it. `job_id`: None if not known yet."""
    answer = LiveAnswer(session.out, progress)
    job: Job | None = None
    with closing(events), _ending(answer):
        while job is None:
            with hint_to_wait(job_id) if job_id else hint_to_look():
                event = next(events)
            if not isinstance(event, Interrupted | Resumed):
                job_id = event.job_id
            answer.show(event)
            if isinstance(event, JobCompleted | JobFailed | JobCancelled):
                job = event.job
    return JobToShow(job, text_is_shown=answer.has_text)


@contextmanager
def hint_to_wait(job_id: str) -> Iterator[None]:
    """Add to any interruption the command that waits for the job."""
    try:
        yield
    except WaitTimeout:
        raise  # its message has the command
    except (SluiceError, KeyboardInterrupt) as error:
        error.add_note(f"Job {job_id} goes on; wait for it with: sluice job {job_id} --wait")
        raise


@contextmanager
def hint_to_look() -> Iterator[None]:
    """Add to an interruption the command that shows whether the question was accepted."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        interrupt.add_note("The question may have been accepted; look with: sluice jobs")
        raise


@contextmanager
def _ending(answer: LiveAnswer) -> Iterator[None]:
    # Whatever is printed next starts on a line of its own.
    try:
        yield
    finally:
        answer.end()
