"""Writes docs/cli.md from `sluice` and `sluice-ops` themselves: every command, with its help.

`python -m tools.cli_docs` writes the file; `--check` compares it and exits 1 if it is out of date.
"""

import sys
from collections.abc import Iterator
from typing import Any

import click

from sluice_client.cli import cli as sluice
from sluice_ops.cli import cli as sluice_ops
from tools.generated import ROOT, write_or_check

FILE = ROOT / "docs" / "cli.md"

#: The commands, in the order of the document.
COMMANDS: dict[str, click.Command] = {"sluice": sluice, "sluice-ops": sluice_ops}

_HEADER = """# The commands

<!-- Generated from the commands' own help by `make docs`: change the help, not this file. -->

- [`sluice`](#sluice) is for callers.
  [client/README.md](../client/README.md) says how to install it, and how to use it in a script.
- [`sluice-ops`](#sluice-ops) is for operators.
  [ops/README.md](../ops/README.md) says how to install it.
"""

#: Columns of the help, whatever the terminal's width.
_WIDTH = 100


def commands(
    command: click.Command, name: str, parent: click.Context | None = None
) -> Iterator[tuple[str, click.Context]]:
    """Yield the command and all its visible subcommands, each with its full name."""
    settings: dict[str, Any] = {**command.context_settings, "terminal_width": _WIDTH}
    # Not the command's own context class: its layout may depend on the terminal.
    context = click.Context(command, parent, info_name=name, **settings)
    yield context.command_path, context
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            subcommand = command.get_command(context, child)
            if subcommand and not subcommand.hidden:
                yield from commands(subcommand, child, context)


def document() -> str:
    """Return the text of docs/cli.md."""
    parts = [_HEADER]
    for name, command in COMMANDS.items():
        for path, context in commands(command, name):
            lines = (line.rstrip() for line in context.get_help().splitlines())
            help_text = "\n".join(lines).strip()
            parts.append(f"## `{path}`\n\n```text\n{help_text}\n```\n")
    return "\n".join(parts)


def main() -> None:
    """Write the file, or compare it."""
    write_or_check(FILE, document(), sys.argv[1:])


if __name__ == "__main__":
    main()
