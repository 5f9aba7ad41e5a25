"""docs/cli.md is what the commands' own help says."""

from pathlib import Path

import click
import pytest

from tools import cli_docs


def test_the_document_is_up_to_date() -> None:
    assert cli_docs.FILE.read_text(encoding="utf-8") == cli_docs.document()


def test_every_command_has_a_section_with_all_its_options() -> None:
    text = cli_docs.document()
    shown = [
        each
        for name, command in cli_docs.COMMANDS.items()
        for each in cli_docs.commands(command, name)
    ]
    assert {"sluice ask", "sluice-ops dead-letters redrive"} <= {path for path, _ in shown}
    for path, context in shown:
        section = text.split(f"## `{path}`\n")[1].split("\n## ")[0]
        for parameter in context.command.get_params(context):
            if isinstance(parameter, click.Option):
                assert all(option in section for option in parameter.opts)


@pytest.mark.parametrize("columns", ["40", "200"])
def test_the_document_does_not_depend_on_the_terminal(
    monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    text = cli_docs.document()
    monkeypatch.setenv("COLUMNS", columns)

    assert cli_docs.document() == text


def test_an_outdated_document_fails_the_check_and_names_the_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(cli_docs, "FILE", tmp_path / "cli.md")
    monkeypatch.setattr("sys.argv", ["cli_docs", "--check"])

    with pytest.raises(SystemExit, match="run `make docs`"):
        cli_docs.main()

    monkeypatch.setattr("sys.argv", ["cli_docs"])
    cli_docs.main()
    monkeypatch.setattr("sys.argv", ["cli_docs", "--check"])
    cli_docs.main()
