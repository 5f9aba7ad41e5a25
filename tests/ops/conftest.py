from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from sluice_ops.cli import cli


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Run in an empty folder, so that no endpoints file of this checkout is found."""
    monkeypatch.chdir(tmp_path)


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `sluice-ops` with these arguments, without a terminal."""

    def run_command(*arguments: str) -> Ran:
        with pytest.raises(SystemExit) as ended:
            cli.main(list(arguments), prog_name="sluice-ops")
        out, err = capsys.readouterr()
        return Ran(int(ended.value.code or 0), out, err)

    return run_command
