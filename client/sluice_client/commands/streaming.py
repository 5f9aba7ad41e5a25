"""Streaming: show a job's answer while it is being written."""

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager

from sluice_client.api.events import (
    Event,
    Interrupted,
    JobCancelled,
    JobCompleted,
    JobFailed,
    Resumed,
)
from sluice_client.api.job import Job
from sluice_client.commands.outcome import Outcome, going_on, may_be_accepted
from sluice_client.commands.session import Session
from sluice_client.views.live_answer import LiveAnswer
from sluice_client.views.progress import Progress


def streams(session: Session, *, no_stream: bool, as_json: bool) -> bool:
    """Whether somebody looks on: a pipe or a file gets the whole answer at the end."""
    return session.out.is_terminal and not no_stream and not as_json


def stream_job(
    session: Session,
    progress: Progress,
    events: Generator[Event, None, None],
    job_id: str | None = None,
) -> Outcome:
    """Show the events of a job, whose id may not be known yet, to its end."""
    answer = LiveAnswer(session.out, progress)
    job: Job | None = None
    with closing(events), _ending(answer):
        while job is None:
            with going_on(job_id) if job_id else may_be_accepted():
                event = next(events)
            if not isinstance(event, Interrupted | Resumed):
                job_id = event.job_id
            answer.show(event)
            if isinstance(event, JobCompleted | JobFailed | JobCancelled):
                job = event.job
    return Outcome(job, text_is_shown=answer.has_text)


@contextmanager
def _ending(answer: LiveAnswer) -> Iterator[None]:
    """Whatever happens, what is printed next begins on a line of its own."""
    try:
        yield
    finally:
        answer.end()
