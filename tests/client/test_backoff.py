"""Pauses between tries that failed: all come from one module."""

import re
from pathlib import Path

import pytest

import sluice_client
from sluice_client.transport.backoff import Backoff


@pytest.fixture
def _longest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "sluice_client.transport.backoff.random.uniform", lambda shortest, longest: longest
    )


@pytest.mark.usefixtures("_longest")
def test_pauses_double_up_to_the_longest() -> None:
    backoff = Backoff(first=0.5, longest=15.0)

    assert [backoff.pause(n) for n in range(1, 8)] == [0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0]


@pytest.mark.usefixtures("_longest")
def test_the_time_the_service_asks_for_is_waited_in_full() -> None:
    assert Backoff(first=1.0).pause(1, asked=7.0) == 8.0


def test_pauses_are_random_but_not_shorter_than_the_least() -> None:
    pauses = [Backoff(first=1.0, least=0.5).pause(1) for _ in range(200)]

    assert all(0.5 <= pause <= 1.0 for pause in pauses)
    assert len(set(pauses)) > 100


def test_ten_thousand_failures_are_no_overflow() -> None:
    assert Backoff(first=1.0, longest=60.0).pause(10_000) <= 60.0


def test_no_other_module_draws_a_random_pause() -> None:
    package = Path(sluice_client.__file__).parent
    drawing = [
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if re.search(r"^(import|from) random\b", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]

    assert drawing == ["transport/backoff.py"]
