"""Writes docs/cli.md from the `sluice` command itself: every command, its help and its options.

`python -m tools.cli_docs` writes the file; `--check` compares it and exits 1 if it is out of date.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from sluice_client.cli import cli

FILE = Path(__file__).parents[1] / "docs" / "cli.md"
REGENERATE = "make docs"

_HEADER = f"""# The `sluice` command

<!-- Generated from the command's own help by `{REGENERATE}`: change the help, not this file. -->

`sluice` is part of the Python client: [client/README.md](../client/README.md) says how to install
it, and how to use it in a script.
"""

#: Columns of the help, whatever the terminal's width.
_WIDTH = 100


def commands(
    command: click.Command, name: str, parent: click.Context | None = None
) -> Iterator[tuple[str, click.Context]]:
    """Yield the command and all its visible subcommands, each with its full name."""
    settings: dict[str, Any] = {**command.context_settings, "terminal_width": _WIDTH}
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
    for path, context in commands(cli, "sluice"):
        lines = (line.rstrip() for line in context.get_help().splitlines())
        help_text = "\n".join(lines).strip()
        parts.append(f"## `{path}`\n\n```text\n{help_text}\n```\n")
    return "\n".join(parts)


def main() -> None:
    """Write or check the file."""
    parser = argparse.ArgumentParser(prog="python -m tools.cli_docs")
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    text = document()
    if not parser.parse_args().check:
        FILE.write_text(text, encoding="utf-8")
    elif not FILE.exists() or FILE.read_text(encoding="utf-8") != text:
        sys.exit(f"docs/cli.md is not what the commands say: run `{REGENERATE}` and commit it.")


if __name__ == "__main__":
    main()
