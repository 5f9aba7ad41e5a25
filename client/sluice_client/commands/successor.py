"""Commands that have moved to `sluice-ops`, the operators' package. For one release they say so."""

import click


def moved(name: str, successor: str) -> click.Command:
    """Return a command that names its successor and ends as wrong usage does."""
    return click.Command(
        name,
        callback=lambda words: _refer(name, successor),  # noqa: ARG005 - ignored, whatever it was
        params=[click.Argument(["words"], nargs=-1, type=click.UNPROCESSED, metavar="[ARGS]...")],
        help=f"Moved to `{successor}`.",
        options_metavar="",
        context_settings={"ignore_unknown_options": True},
        add_help_option=False,
    )


def _refer(name: str, successor: str) -> None:
    click.echo(
        f"`sluice {name}` is now `{successor}`, in the package sluice-ops "
        "(ops/ in the repository).",
        err=True,
    )
    click.get_current_context().exit(click.UsageError.exit_code)
