"""`sluice job`: one job, as it is now or once it is finished."""

import click

from sluice_client.commands import inputs
from sluice_client.commands.outcome import await_job, conclude, watching
from sluice_client.exits import EXITS_HELP
from sluice_client.session import Session


@click.command(epilog=EXITS_HELP)
@click.argument("job_id", metavar="ID", type=inputs.JOB)
@click.option("--wait", is_flag=True, help="Wait until it is finished.")
@inputs.timeout
@inputs.as_json
@click.pass_obj
def job(session: Session, job_id: str, wait: bool, timeout: float | None, as_json: bool) -> None:
    """Show the job ID: its answer and sources, or how far it is.

    \b
    Examples:
      sluice job 0190c7f2-4d5e-7abc-8def-0123456789ab
      sluice job 0190c7f2-4d5e-7abc-8def-0123456789ab --wait --timeout 60
    """  # noqa: D301 - click wants the \b itself
    if timeout is not None and not wait:
        raise click.UsageError("--timeout goes with --wait.")
    with session.connect() as sluice:
        if not wait:
            conclude(session, sluice.job(job_id), as_json=as_json)
        with watching(session, "looking", as_json=as_json) as progress:
            found = await_job(sluice, job_id, progress, timeout)
        conclude(session, found, as_json=as_json)
