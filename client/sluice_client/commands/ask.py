"""`sluice ask`: submit a question, watch it, print the answer."""

from collections.abc import Mapping
from functools import partial

import click

from sluice_client.api.question import Details
from sluice_client.client.sync_client import Sluice
from sluice_client.commands import inputs
from sluice_client.commands.conclusion import conclude
from sluice_client.commands.exit_codes import EXIT_CODES_HELP
from sluice_client.commands.following import (
    JobToShow,
    follow_silently,
    follow_stream,
    hint_to_look,
    is_streamed,
    status_line,
)
from sluice_client.commands.inputs import FilterValue
from sluice_client.commands.session import Session
from sluice_client.views.progress import Progress


@click.command(epilog=EXIT_CODES_HELP)
@click.argument("question", type=inputs.QUESTION)
@click.option("--category", type=inputs.WORDS, help="Only documents of this category.")
@click.option("--version", type=inputs.WORDS, help="Only documents of this version.")
@click.option("--language", type=inputs.WORDS, help="Only documents in this language, e.g. en.")
@click.option(
    "--filter",
    "filters",
    type=inputs.FILTER,
    multiple=True,
    metavar="NAME=VALUE",
    help="Only documents with this attribute. Repeat it for another value or attribute;"
    " NAME:=NUMBER compares an integer.",
)
@click.option(
    "--follow",
    type=inputs.WORDS,
    metavar="JOB_ID",
    help="The job whose answer this question follows up on.",
)
@inputs.timeout
@inputs.no_stream
@inputs.all_sources
@inputs.as_json
@click.pass_obj
def ask(
    session: Session,
    question: str,
    category: str | None,
    version: str | None,
    language: str | None,
    filters: tuple[tuple[str, FilterValue], ...],
    follow: str | None,
    timeout: float | None,
    no_stream: bool,
    all_sources: bool,
    as_json: bool,
) -> None:
    """Ask QUESTION and print the answer with its sources; "-" reads it from stdin.

    On a terminal the answer appears as it is written; elsewhere it is printed once complete.
    The answer goes to stdout, progress and errors go to stderr.

    \b
    Examples:
      sluice ask "What is the deductible for out-of-network care?"
      sluice ask "Who approves it?" --category benefits --filter region=emea
      sluice ask "And for a family?" --follow 0190c7f2-4d5e-7abc-8def-0123456789ab
      echo "Is dental care covered?" | sluice ask - --json | jq -r .answer.text
    """  # noqa: D301 - click wants the \b itself
    named = {"category": category, "version": version, "language": language}
    details: Details = {
        "filter": _merged(filters, named),
        "previous_job_id": follow,
    }
    with Sluice(transport=session.transport, clock=session.clock) as sluice:
        with status_line(session, "sending the question", as_json=as_json) as progress:
            if is_streamed(session, no_stream=no_stream, as_json=as_json):
                events = sluice.stream(question, timeout=timeout, **details)
                result = follow_stream(session, progress, events)
            else:
                result = _submit_and_wait(sluice, question, details, progress, timeout)
        conclude(session, result, as_json=as_json, all_sources=all_sources)


def _submit_and_wait(
    sluice: Sluice, question: str, details: Details, progress: Progress, timeout: float | None
) -> JobToShow:
    with hint_to_look():
        job = sluice.submit(question, **details)
    progress.show(job)
    if job.finished:
        return JobToShow(job)
    return follow_silently(job.id, partial(sluice.wait, job.id, timeout), progress)


def _merged(
    filters: tuple[tuple[str, FilterValue], ...], named: Mapping[str, str | None]
) -> dict[str, FilterValue | list[FilterValue]] | None:
    """Return the filter to send; a name with several values becomes a list."""
    values: dict[str, list[FilterValue]] = {}
    for name, value in (*named.items(), *filters):
        if value is not None:
            values.setdefault(name, []).append(value)
    return {name: given if given[1:] else given[0] for name, given in values.items()} or None
