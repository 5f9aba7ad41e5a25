"""Outcome: wait for a job, show how it went, and end with the code that says so."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn

import click

from sluice_client.api.errors import SluiceError, WaitTimeout
from sluice_client.api.job import COMPLETED, FAILED, Job
from sluice_client.client.sync_client import Sluice
from sluice_client.commands.exit_codes import exit_of_job
from sluice_client.commands.session import Session
from sluice_client.views.answer import print_answer, print_sources
from sluice_client.views.phase import phase
from sluice_client.views.printable import one_line
from sluice_client.views.progress import Progress


@dataclass(frozen=True)
class Outcome:
    """A job to show, of whose answer the text may stand on the screen already."""

    job: Job
    text_is_shown: bool = False


@contextmanager
def watching(session: Session, doing: str, *, as_json: bool) -> Iterator[Progress]:
    """Show the status line meanwhile; if patience ends, --json still gets the job as last seen."""
    try:
        with Progress(session.err, session.clock, doing) as progress:
            yield progress
    except WaitTimeout as error:
        if as_json and error.job:
            session.print_json(error.job.raw)
        raise


def await_job(sluice: Sluice, job_id: str, progress: Progress, timeout: float | None) -> Outcome:
    """Wait for a job under the status line; whatever interrupts it says how to go on."""
    with going_on(job_id):
        return Outcome(sluice.wait(job_id, timeout, progress.show))


@contextmanager
def going_on(job_id: str) -> Iterator[None]:
    """Say with whatever interrupts this how to go on."""
    try:
        yield
    except WaitTimeout:
        raise  # says so itself
    except (SluiceError, KeyboardInterrupt) as error:
        error.add_note(f"Job {job_id} goes on; wait for it with: sluice job {job_id} --wait")
        raise


@contextmanager
def may_be_accepted() -> Iterator[None]:
    """Say with an interruption where to look for the question that was being sent."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        interrupt.add_note("The question may have been accepted; look with: sluice jobs")
        raise


def conclude(
    session: Session, outcome: Outcome, *, as_json: bool, all_sources: bool = False
) -> NoReturn:
    """Print the job, less what stands there already, and end the command."""
    if as_json:
        session.print_json(outcome.job.raw)
    else:
        _show(session, outcome, all_sources=all_sources)
    click.get_current_context().exit(exit_of_job(outcome.job))


def _show(session: Session, outcome: Outcome, *, all_sources: bool) -> None:
    job = outcome.job
    if job.status == COMPLETED:
        show = print_sources if outcome.text_is_shown else print_answer
        show(session.out, job, all_sources=all_sources)
        session.note(_colophon(job), "dim")
    elif job.status == FAILED:
        session.note(_failure(job), "red")
    elif job.finished:
        session.note(f"Job {job.id} was {job.status}.")
    else:
        session.out.print(one_line(f"Job {job.id}: {phase(job)}"), soft_wrap=True)
        session.note(f"Wait for it with: sluice job {job.id} --wait")


def _failure(job: Job) -> str:
    reason = str(job.error or "") or "no reason was given"
    advice = " Asking again may help." if job.error and job.error.retryable else ""
    return f"Job {job.id} failed: {reason.rstrip('.')}.{advice}"


def _colophon(job: Job) -> str:
    took = ""
    if job.created_at and job.finished_at:
        took = f"{(job.finished_at - job.created_at).total_seconds():.1f} s"
    return ", ".join(filter(None, [f"Job {job.id}", took, job.model]))
