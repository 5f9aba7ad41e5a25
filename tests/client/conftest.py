from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from sluice_client import Retry, Sluice
from sluice_client.cli import cli
from sluice_client.client.calls import Calls
from sluice_client.commands.session import Session
from sluice_client.transport.http import HttpApi
from tests.client.fakes import KEY, URL, FakeClock, FakeService, breaches
from tests.client.live_fakes import Script


@pytest.fixture(autouse=True)
def _unconfigured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of this machine's configuration reaches a test."""
    monkeypatch.chdir(tmp_path)
    for name in (
        "SLUICE_URL",
        "SLUICE_API_KEY",
        "SLUICE_WEBSOCKET_URL",
        "HTTP_PROXY",
        "ALL_PROXY",
        "COLUMNS",
    ):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _fakes_send_what_the_service_sends() -> Iterator[None]:
    breaches.clear()
    yield
    assert not breaches


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


@pytest.fixture
def script(service: FakeService, clock: FakeClock) -> Script:
    return Script(service, clock)


@pytest.fixture
def calls(clock: FakeClock) -> Calls:
    """Calls that are not retried, with a WebSocket."""
    connection = HttpApi(URL, timeout=30, retry=Retry(attempts=1), clock=clock)
    return Calls(connection, clock, "wss://live.example/v1")


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
