"""The command as a separate process, over a real port."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

from sluice_client.commands.exit_codes import ExitCode
from tests.client.fakes import JOB_ID, KEY, FakeService, job_json, queued, reply, serving

CLIENT = Path(__file__).parents[2] / "client"
COMMAND = [sys.executable, "-m", "sluice_client"]


def environment(url: str, **more: str) -> dict[str, str]:
    return os.environ | {
        "SLUICE_URL": url,
        "SLUICE_API_KEY": KEY,
        "PYTHONPATH": str(CLIENT),
        **more,
    }


def test_a_question_is_answered_over_a_real_port(service: FakeService) -> None:
    service.replies(reply(queued(1, 2), 202), reply(job_json(), etag='"a"'))

    with serving(service) as url:
        ended = subprocess.run(
            [*COMMAND, "ask", "-", "--json"],
            input=b"What?",
            env=environment(url),
            capture_output=True,
            check=False,
        )

    assert (ended.returncode, json.loads(ended.stdout)) == (0, job_json())
    assert service.requests[0].headers["x-api-key"] == KEY


def test_an_encoding_that_lacks_a_character_causes_no_traceback(service: FakeService) -> None:
    service.replies(reply(job_json(answer={"text": "naïve → 東京 [1]"}), 202))

    with serving(service) as url:
        ended = subprocess.run(
            [*COMMAND, "ask", "What?"],
            env=environment(url, PYTHONIOENCODING="latin-1"),
            capture_output=True,
            check=False,
        )

    assert ended.returncode == 0
    assert ended.stdout.decode("latin-1").startswith("naïve ? ?? [1]\n")


def test_nothing_listening_is_one_line_and_no_traceback() -> None:
    with (
        socket.socket() as bound
    ):  # bound but not listening, so that no other process can take the port
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        ended = subprocess.run(
            [*COMMAND, "jobs"], env=environment(url), capture_output=True, check=False, text=True
        )

    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (3, "", 1)
    assert url in ended.stderr
    assert "make run" in ended.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to send")
def test_ctrl_c_ends_a_waiting_process_with_130() -> None:
    waiting, over = threading.Event(), threading.Event()

    def service(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return reply(queued(1, 2), 202)
        waiting.set()
        over.wait(timeout=60)
        return reply(job_json())

    with serving(service) as url:
        process = subprocess.Popen(
            [*COMMAND, "ask", "What?"],
            env=environment(url),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert waiting.wait(timeout=60)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
            over.set()

    assert (process.returncode, out) == (130, "")
    assert f"sluice job {JOB_ID} --wait" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("code", list(ExitCode), ids=lambda code: code.name)
def test_every_exit_code_is_in_the_help_and_in_the_readme(code: ExitCode) -> None:
    ended = subprocess.run(
        [*COMMAND, "ask", "--help"],
        env=environment("http://unused"),
        capture_output=True,
        check=False,
        text=True,
    )

    assert f"{code.value:>3}  {code.meaning}\n" in ended.stdout
    readme = (CLIENT / "README.md").read_text(encoding="utf-8")
    assert f"| {code.value} | {code.meaning} |" in readme
