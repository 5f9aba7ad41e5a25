"""`sluice-ops`: the command, and the one place where errors become exit codes."""

import sys
from io import TextIOWrapper

import click

from sluice_ops.commands.dead_letters import dead_letters
from sluice_ops.commands.plan import plan
from sluice_ops.exits import Exit, OpsError
from sluice_ops.help import Group
from sluice_ops.terminal import Terminal


class _Commands(Group):
    """Prints an error as one line on stderr and ends with its code."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except OpsError as error:
            code = error.code
            lines = [str(error), *getattr(error, "__notes__", [])]
        except KeyboardInterrupt:
            code, lines = Exit.INTERRUPTED, ["Interrupted."]
        terminal = ctx.ensure_object(Terminal)
        terminal.note(lines[0], "red")
        for line in lines[1:]:
            terminal.note(line)
        return ctx.exit(code)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="sluice-ops", prog_name="sluice-ops")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Plan and operate a deployment of Sluice.

    Callers ask questions with `sluice`, a package of its own.
    """
    ctx.ensure_object(Terminal)


cli.add_command(dead_letters)
cli.add_command(plan)


def main() -> None:
    """Run the command; the entry point of the script."""
    for stream in (sys.stdout, sys.stderr):
        # A character that the terminal's encoding lacks is shown as "?", not as a traceback.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    cli.main(prog_name="sluice-ops")
