"""Wheels for tests, built as a release builds them, but offline."""

import subprocess
import sys
import zipfile
from pathlib import Path

PROJECT = Path(__file__).parents[1]


def build_wheel(package: str, folder: Path) -> Path:
    """Build the wheel of `client` or `ops` in an empty folder, and return its path."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet"]
    offline = ["--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run(
        [*pip, *offline, "--wheel-dir", str(folder), str(PROJECT / package)],
        check=True,
        timeout=120,
    )
    (wheel,) = folder.iterdir()
    return wheel


def assert_has_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        by_name = {name.rpartition("dist-info/")[2]: name for name in archive.namelist()}
        licence = archive.read(by_name["licenses/LICENSE"])
        metadata = archive.read(by_name["METADATA"]).decode()
    assert licence == (PROJECT / "LICENSE").read_bytes()
    assert "\nLicense-Expression: Apache-2.0\n" in metadata
