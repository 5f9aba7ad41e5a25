"""`sluice job`: one job, as it is now or once it is finished."""

import click

from sluice_client.commands import inputs
from sluice_client.commands.exit_codes import EXITS_HELP
from sluice_client.commands.outcome import Outcome, await_job, conclude, watching
from sluice_client.commands.session import Session
from sluice_client.commands.streaming import stream_job, streams


@click.command(epilog=EXITS_HELP)
@click.argument("job_id", metavar="ID", type=inputs.JOB)
@click.option("--wait", is_flag=True, help="Wait until it is finished.")
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
    """Show the job ID: its answer and sources, or how far it is.

    On a terminal, --wait shows the answer as it is written.

    \b
    Examples:
      sluice job 0190c7f2-4d5e-7abc-8def-0123456789ab
      sluice job 0190c7f2-4d5e-7abc-8def-0123456789ab --wait --timeout 60
    """  # noqa: D301 - click wants the \b itself
    if timeout is not None and not wait:
        raise click.UsageError("--timeout goes with --wait.")
    with session.connect() as sluice:
        if not wait:
            outcome = Outcome(sluice.job(job_id))
        else:
            with watching(session, "looking", as_json=as_json) as progress:
                if streams(session, no_stream=no_stream, as_json=as_json):
                    events = sluice.watch(job_id, timeout=timeout)
                    outcome = stream_job(session, progress, events, job_id)
                else:
                    outcome = await_job(sluice, job_id, progress, timeout)
        conclude(session, outcome, as_json=as_json, all_sources=all_sources)
