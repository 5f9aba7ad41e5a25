"""The wheel of `sluice-ops`, built as for a release, but offline."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.wheels import PROJECT, assert_has_licence, build_wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel("ops", tmp_path_factory.mktemp("wheel"))


def test_the_wheel_contains_the_command_and_the_rules_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())

    ours = PROJECT / "ops" / "sluice_ops"
    rules = PROJECT / "src" / "sluice"
    sources = {
        str(path.relative_to(package.parent))
        for package in (ours, rules)
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {"sluice/pace/ledger.py", "sluice_ops/cli.py"} <= sources
    assert {name for name in names if ".dist-info/" not in name} == sources


def test_the_wheel_contains_the_licence(wheel: Path) -> None:
    assert_has_licence(wheel)


def test_the_command_runs_from_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    program = (
        "import runpy, sys; sys.argv = ['sluice-ops', *sys.argv[1:]];"
        "import sluice; print(sluice.__file__);"
        "runpy.run_module('sluice_ops', run_name='__main__')"
    )
    asked = ["plan", "--questions", "10", "--kendra-capacity-units", "1"]
    ran = subprocess.run(
        [sys.executable, "-P", "-c", program, *asked],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(wheel)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    origin, answer = ran.stdout.splitlines()[:2]
    assert origin.startswith(str(wheel))
    assert answer.startswith("10 questions in ")
