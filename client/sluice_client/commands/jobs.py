"""`sluice jobs`: the caller's jobs, newest first."""

import click

from sluice_client.api.page import JobPage
from sluice_client.client.sync_client import Sluice
from sluice_client.commands import inputs
from sluice_client.commands.exit_codes import EXIT_CODES_HELP
from sluice_client.commands.session import Session
from sluice_client.views.jobs import print_jobs

#: Jobs in one request at most.
_PAGE = 100


@click.command(epilog=EXIT_CODES_HELP)
@click.option("--status", type=inputs.STATUS, help="Only jobs with this status.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    default=20,
    show_default=True,
    help="List at most N jobs.",
)
@inputs.as_json
@click.pass_obj
def jobs(session: Session, status: str | None, limit: int, as_json: bool) -> None:
    """List your jobs, newest first: id, status, age and question.

    \b
    Examples:
      sluice jobs --status failed
      sluice jobs --limit 500 --json | jq -r '.jobs[].id'
    """  # noqa: D301 - click wants the \b itself
    with Sluice(transport=session.transport, clock=session.clock) as sluice:
        page = _first(sluice, limit, status)
    if as_json:
        raw = [job.raw for job in page.jobs]
        session.print_json({"jobs": raw, "next_cursor": page.next_cursor})
    elif page.jobs:
        print_jobs(session.out, page.jobs, session.clock.time())
    else:
        session.note('No jobs. Ask one with: sluice ask "..."')


def _first(sluice: Sluice, limit: int, status: str | None) -> JobPage:
    """Return the first `limit` jobs, with as many requests as necessary."""
    page = sluice.jobs(status, min(limit, _PAGE))
    found = list(page.jobs)
    while page.next_cursor and len(found) < limit:
        page = sluice.jobs(status, min(limit - len(found), _PAGE), page.next_cursor)
        found += page.jobs
    return JobPage(tuple(found), page.next_cursor)
