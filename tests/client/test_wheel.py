"""The wheel of `sluice-client`, built as a release builds it, but offline."""

import zipfile
from pathlib import Path

import pytest

from tests.wheels import PROJECT, assert_has_licence, build_wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel("client", tmp_path_factory.mktemp("wheel"))


def test_the_wheel_contains_the_client_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    ours = PROJECT / "client" / "sluice_client"
    assert names == {
        str(path.relative_to(ours.parent))
        for path in ours.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_contains_the_licence(wheel: Path) -> None:
    assert_has_licence(wheel)
