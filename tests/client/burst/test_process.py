"""`sluice burst` as a separate process, really killed."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.client.burst.fakes import BurstService, numbered, read_answers, write_questions
from tests.client.fakes import FakeClock, serving
from tests.client.test_process import COMMAND, environment

COUNT = 250


class RealClock(FakeClock):
    """The machine's, for a service that is talked to over a real port."""

    @property
    def now(self) -> float:
        return time.monotonic()

    @now.setter
    def now(self, to: float) -> None:
        """Ignore it: real time cannot be set."""


@pytest.fixture
def service() -> BurstService:
    return BurstService(RealClock(), rate=1_000)


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    questions = write_questions(tmp_path / "questions.jsonl", numbered(COUNT))
    return [*COMMAND, "burst", str(questions), "-o", str(tmp_path / "answers.jsonl")]


@contextmanager
def started(command: list[str], url: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command, env=environment(url), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals")
@pytest.mark.parametrize(
    ("how", "code"), [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, 130)], ids=str
)
def test_a_killed_burst_resumes_and_a_second_run_is_refused_meanwhile(
    service: BurstService, command: list[str], tmp_path: Path, how: signal.Signals, code: int
) -> None:
    answers = tmp_path / "answers.jsonl"
    looking, over = threading.Event(), threading.Event()

    def holding(request: httpx.Request) -> None:
        if answers.read_bytes().count(b"\n") >= 10:
            looking.set()
            over.wait(timeout=60)

    service.obstacle = holding
    with serving(service) as url:
        with started(command, url) as first:
            assert looking.wait(timeout=60)
            refused = subprocess.run(
                command, env=environment(url), capture_output=True, text=True, check=False
            )
            first.send_signal(how)
            _, err = first.communicate(timeout=60)
        over.set()
        again = subprocess.run(
            command, env=environment(url), capture_output=True, text=True, check=False
        )

    assert (first.returncode, refused.returncode, again.returncode) == (code, 2, 0)
    assert "another `sluice burst` is writing" in refused.stderr
    assert "Traceback" not in err + again.stderr
    assert len(read_answers(answers)) == COUNT
    assert service.asked == {q["question"]: 1 for q in numbered(COUNT)}
