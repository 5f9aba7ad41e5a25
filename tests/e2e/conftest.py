"""One local stack for all end-to-end tests: MiniStack with IAM, the stand-ins, our template."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.ministack import free_port
from local.stack import PROJECT, SAMPLES, Stack, StackOptions
from sluice_client import Sluice
from tests.e2e.site import Site


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A running stack over copies of src/ and of the samples, which tests may change."""
    home = tmp_path_factory.mktemp("site")
    shutil.copy(PROJECT / "template.yaml", home)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PROJECT / "src", home / "src", ignore=ignored)
    shutil.copytree(SAMPLES, home / "documents")
    told: list[str] = []
    options = StackOptions(
        port=free_port(),
        documents=home / "documents",
        project=home,
        state=home / "state",
        parameters={"LeaseSeconds": "5", "FilterAttributes": "deck:number"},
    )
    with Stack(options, told.append) as stack:
        yield Site(stack, home, told)


@pytest.fixture
def sluice(site: Site) -> Iterator[Sluice]:
    with Sluice(site.stack.deployed.api_url, site.stack.deployed.api_key) as client:
        yield client


@pytest.fixture
def documents(site: Site) -> Path:
    return site.home / "documents"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.e2e)
