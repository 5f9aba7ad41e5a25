from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from sluice_client import Sluice
from sluice_client.cli import cli
from sluice_client.session import Session
from tests.client.fakes import KEY, URL, FakeClock, FakeService


@pytest.fixture(autouse=True)
def _unconfigured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of this machine's configuration reaches a test."""
    monkeypatch.chdir(tmp_path)
    for name in ("SLUICE_URL", "SLUICE_API_KEY", "HTTP_PROXY", "ALL_PROXY", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def service() -> FakeService:
    return FakeService()


@pytest.fixture
def sluice(service: FakeService, clock: FakeClock) -> Iterator[Sluice]:
    with Sluice(URL, KEY, transport=httpx.MockTransport(service), clock=clock) as client:
        yield client


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(
    service: FakeService,
    clock: FakeClock,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    """Run `sluice` with these arguments against the fake service; its streams are no terminal."""
    monkeypatch.setenv("SLUICE_URL", URL)
    monkeypatch.setenv("SLUICE_API_KEY", KEY)

    def run_command(*arguments: str) -> Ran:
        session = Session(transport=httpx.MockTransport(service), clock=clock)
        with pytest.raises(SystemExit) as ended:
            cli.main(list(arguments), prog_name="sluice", obj=session)
        out, err = capsys.readouterr()
        return Ran(int(ended.value.code or 0), out, err)

    return run_command
