"""Conclusion: print a job, and end the command with the job's exit code."""

from typing import NoReturn

import click

from sluice_client.api.job import COMPLETED, FAILED, Job
from sluice_client.commands.exit_codes import exit_code_of_job
from sluice_client.commands.following import JobToShow
from sluice_client.commands.session import Session
from sluice_client.views.answer import print_answer, print_sources
from sluice_client.views.phase import phase
from sluice_client.views.printable import one_line


def conclude(
    session: Session, result: JobToShow, *, as_json: bool, all_sources: bool = False
) -> NoReturn:
    """Print the job, without text that is on the screen already, and end the command."""
    if as_json:
        session.print_json(result.job.raw)
    else:
        _print(session, result, all_sources=all_sources)
    click.get_current_context().exit(exit_code_of_job(result.job))


def _print(session: Session, result: JobToShow, *, all_sources: bool) -> None:
    job = result.job
    if job.status == COMPLETED:
        show = print_sources if result.text_is_shown else print_answer
        show(session.out, job, all_sources=all_sources)
        session.note(_footer(job), "dim")
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


def _footer(job: Job) -> str:
    took = ""
    if job.created_at and job.finished_at:
        took = f"{(job.finished_at - job.created_at).total_seconds():.1f} s"
    return ", ".join(filter(None, [f"Job {job.id}", took, job.model]))
