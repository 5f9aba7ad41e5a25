"""Finds the Python version of the Lambda runtime on this machine.

Only that version can compile the bytecode that ships.
It is searched for on PATH, among pyenv's versions, and with uv.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

#: The Runtime of template.yaml.
VERSION = "3.13"

_PRINT_VERSION = "import sys; print('%d.%d' % sys.version_info[:2], sys.executable, sep='\\n')"


def find() -> Path | None:
    """Return the path of an interpreter of VERSION, or None."""
    for candidate in _candidates():
        lines = _output(candidate, "-I", "-c", _PRINT_VERSION).splitlines()
        if len(lines) == 2 and lines[0] == VERSION:
            return Path(lines[1])
    return None


def _candidates() -> Iterator[str]:
    yield sys.executable
    if on_path := shutil.which(f"python{VERSION}"):
        yield on_path
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from map(
        str, sorted(pyenv.glob(f"versions/{VERSION}*/bin/python{VERSION}"), reverse=True)
    )
    beside = Path(sys.executable).with_name("uv")
    if uv := str(beside) if beside.exists() else shutil.which("uv"):
        yield _output(uv, "python", "find", "--system", VERSION).strip()


def _output(program: str, *arguments: str) -> str:
    """Return what the program prints, or "" if it fails as the shim of an inactive pyenv does."""
    try:
        ran = subprocess.run(  # noqa: S603 - interpreters and uv, as found on this machine
            [program, *arguments], capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return ran.stdout
