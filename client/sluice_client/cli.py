"""`sluice`: the command line. It turns what a command raises into a message and an exit code."""

import sys
from io import TextIOWrapper

import click

from sluice_client.api.errors import SluiceError
from sluice_client.commands.admin import admin
from sluice_client.commands.ask import ask
from sluice_client.commands.burst import burst
from sluice_client.commands.exit_codes import EXIT_CODES_HELP, ExitCode, exit_code_of_error
from sluice_client.commands.job import job
from sluice_client.commands.jobs import jobs
from sluice_client.commands.plan import plan
from sluice_client.commands.session import Session


class _Commands(click.Group):
    """Turns every error of a command into one line on stderr and an exit code."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except SluiceError as error:
            code = exit_code_of_error(error)
            _explain(ctx, str(error), error)
        except KeyboardInterrupt as interrupt:
            code = ExitCode.INTERRUPTED
            _explain(ctx, "Interrupted.", interrupt)
        return ctx.exit(code)


def _explain(ctx: click.Context, message: str, error: BaseException) -> None:
    session = ctx.ensure_object(Session)
    session.note(message, "red")
    for hint in getattr(error, "__notes__", []):
        session.note(hint)


@click.group(
    cls=_Commands,
    epilog=EXIT_CODES_HELP,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="sluice-client", prog_name="sluice")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Ask questions over your organisation's documents, and get answers with page-exact sources.

    Set SLUICE_URL and SLUICE_API_KEY to the service's address and your key. Without them, the
    file .sluice/endpoints.json is used, which `make run` writes, here or in a parent directory.
    With SLUICE_WEBSOCKET_URL as well, answers appear as they are written.

    \b
    Examples:
      sluice ask "What is the deductible for out-of-network care?"
      sluice burst questions.csv -o answers.jsonl
      sluice jobs --status failed
      sluice job 0190c7f2-4d5e-7abc-8def-0123456789ab --wait
    """  # noqa: D301 - click wants the \b itself
    ctx.ensure_object(Session)


cli.add_command(admin)
cli.add_command(ask)
cli.add_command(burst)
cli.add_command(job)
cli.add_command(jobs)
cli.add_command(plan)


def main() -> None:
    """Run the command: the entry point of the script."""
    for stream in (sys.stdout, sys.stderr):
        # A character that the terminal's encoding lacks becomes "?", not a traceback.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    cli.main(prog_name="sluice")
