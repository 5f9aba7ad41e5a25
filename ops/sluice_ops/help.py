"""Help texts: exit codes as a list of their own, and options that stay readable at 40 columns."""

import shutil
from collections.abc import Mapping, Sequence
from typing import Any

import click

#: A narrower terminal gets each option's text below the option.
_NARROW = 70
#: Columns that a help text has in any case.
_LEAST = 30


class _Formatter(click.HelpFormatter):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        # Click's own width is at least 50.
        self.width = min(self.width, max(_LEAST, shutil.get_terminal_size().columns - 2))

    def write_dl(
        self, rows: Sequence[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        if self.width < _NARROW:
            col_max = 4
        super().write_dl(rows, col_max, col_spacing)


class _Context(click.Context):
    formatter_class = _Formatter


class Command(click.Command):
    """A command whose help ends with its exit codes."""

    context_class = _Context

    def __init__(self, *args: Any, exit_codes: Mapping[int, str] | None = None, **options: Any):
        super().__init__(*args, **options)
        self._exit_codes = exit_codes or {}

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_epilog(ctx, formatter)
        if self._exit_codes:
            with formatter.section("Exit codes"):
                formatter.write_dl([(str(code), text) for code, text in self._exit_codes.items()])


class Group(Command, click.Group):
    """A group of such commands."""

    command_class = Command
