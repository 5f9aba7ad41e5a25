from collections.abc import Callable
from pathlib import Path

import pytest

from tests.client.burst.fakes import BurstService, numbered, write_questions
from tests.client.conftest import Ran, Run
from tests.client.fakes import FakeClock

Burst = Callable[..., Ran]


@pytest.fixture
def service(clock: FakeClock) -> BurstService:
    return BurstService(clock)


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    return write_questions(tmp_path / "questions.jsonl", numbered(250))


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    return tmp_path / "answers.jsonl"


@pytest.fixture
def journal(answers: Path) -> Path:
    return answers.with_name("answers.jsonl.state")


@pytest.fixture
def burst(run: Run, questions: Path, answers: Path) -> Burst:
    """Run `sluice burst` on the questions."""
    return lambda *options: run("burst", str(questions), "-o", str(answers), *options)
