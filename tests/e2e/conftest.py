"""One local stack for all end-to-end tests: MiniStack with IAM, the stand-ins, our template."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.ministack import free_port
from local.stack import PROJECT, SAMPLES, Stack, StackOptions
from sluice_client import Sluice
from tests.e2e.running_stack import RunningStack


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A running stack over copies of src/ and of the samples, which tests may change."""
    home = tmp_path_factory.mktemp("stack")
    shutil.copy(PROJECT / "template.yaml", home)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PROJECT / "src", home / "src", ignore=ignored)
    shutil.copytree(SAMPLES, home / "documents")
    printed: list[str] = []
    options = StackOptions(
        port=free_port(),
        documents=home / "documents",
        project=home,
        state=home / "state",
        parameters={"LeaseSeconds": "5", "FilterAttributes": "deck:number"},
    )
    with Stack(options, printed.append) as stack:
        yield RunningStack(stack, home, printed)


@pytest.fixture
def sluice(running: RunningStack) -> Iterator[Sluice]:
    with Sluice(running.stack.deployed.api_url, running.stack.deployed.api_key) as client:
        yield client


@pytest.fixture
def documents(running: RunningStack) -> Path:
    return running.home / "documents"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.e2e)
