"""Runs the tests of the page's pure modules (*.test.mjs) with Node's own test runner."""

import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
NODE = shutil.which("node")


@pytest.mark.skipif(NODE is None, reason="node is not installed")
@pytest.mark.parametrize("tests", sorted(HERE.glob("*.test.mjs")), ids=lambda path: path.stem)
def test_the_tests_of_a_module_of_the_page_pass(tests: Path) -> None:
    assert NODE is not None
    run = subprocess.run(
        [NODE, "--test", str(tests)], capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
