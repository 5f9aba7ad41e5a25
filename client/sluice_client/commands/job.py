"""`sluice job`: one job, as it is now or once it is finished."""

from functools import partial

import click

from sluice_client.client.sync_client import Sluice
from sluice_client.commands import inputs
from sluice_client.commands.conclusion import conclude
from sluice_client.commands.exit_codes import EXIT_CODES_HELP
from sluice_client.commands.following import (
    JobToShow,
    follow_silently,
    follow_stream,
    is_streamed,
    status_line,
)
from sluice_client.commands.session import Session


@click.command(epilog=EXIT_CODES_HELP)
@click.argument("job_id", metavar="ID", type=inputs.JOB)
@click.option("--wait", is_flag=True, help="Wait until the job is finished.")
@inputs.timeout
@inputs.no_stream
@inputs.all_sources
@inputs.as_json
@click.pass_obj
def job(
    session: Session,
    job_id: str,
    wait: bool,
    timeout: float | None,
    no_stream: bool,
    all_sources: bool,
    as_json: bool,
) -> None:
    """Show the job ID: its answer and sources, or its current status.

    On a terminal, --wait shows the answer as it is written.

    \b
    Examples:
      sluice job 0190c7f2-4d5e-7abc-8def-0123456789ab
      sluice job 0190c7f2-4d5e-7abc-8def-0123456789ab --wait --timeout 60
    """  # noqa: D301 - click wants the \b itself
    if timeout is not None and not wait:
        raise click.UsageError("--timeout requires --wait.")
    with Sluice(transport=session.transport, clock=session.clock) as sluice:
        if not wait:
            result = JobToShow(sluice.job(job_id))
        else:
            with status_line(session, "looking", as_json=as_json) as progress:
                if is_streamed(session, no_stream=no_stream, as_json=as_json):
                    events = sluice.watch(job_id, timeout=timeout)
                    result = follow_stream(session, progress, events, job_id)
                else:
                    finished = partial(sluice.wait, job_id, timeout)
                    result = follow_silently(job_id, finished, progress)
        conclude(session, result, as_json=as_json, all_sources=all_sources)
