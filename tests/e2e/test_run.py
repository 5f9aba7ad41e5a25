"""`python -m local run`, started and stopped as on a command line."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from local.ministack import free_port
from local.stack import PROJECT
from tests.waiting import eventually


def command(*options: str) -> list[str]:
    return [sys.executable, "-m", "local", "run", *options]


def processes_of(marker: str) -> list[str]:
    """Return the command lines of processes with the marker in their environment or arguments."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            known = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
            if marker.encode() in known and (process / "stat").read_text().split()[2] != "Z":
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stack_that_is_stopped_leaves_nothing_behind(
    tmp_path: Path, number: signal.Signals
) -> None:
    marker = f"sluice-test-{tmp_path.name}-{number}"
    # Every process that is started inherits HOME.
    environment = os.environ | {"HOME": str(tmp_path / marker)}
    port = free_port()
    run = subprocess.Popen(
        command("--port", str(port), "--state", str(tmp_path)),
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    endpoints = tmp_path / "endpoints.json"
    try:
        eventually(lambda: endpoints.exists() or run.poll() is not None, seconds=60)
        assert run.poll() is None, run.communicate()[0]
        assert endpoints.stat().st_mode & 0o777 == 0o600
        written = json.loads(endpoints.read_text())
        assert written["api_url"].startswith(f"http://127.0.0.1:{port}/")
        assert written["api_key"]
        assert len(processes_of(marker)) >= 3
    finally:
        run.send_signal(number)
        output = run.communicate(timeout=30)[0]
    assert run.returncode == 0, output
    assert "Traceback" not in output
    assert not endpoints.exists()
    assert processes_of(marker) == []


def failing(*options: str) -> str:
    """Return the one line that a run which cannot start prints."""
    ended = subprocess.run(
        command(*options), cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode != 0
    (line,) = ended.stderr.strip().splitlines()
    return line


def test_a_taken_port_is_reported_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert f"Port {port} is taken" in failing("--port", port, "--state", str(tmp_path))


def test_a_missing_folder_is_reported_in_one_line(tmp_path: Path) -> None:
    options = ["--docs", "/no/such/folder", "--port", str(free_port()), "--state", str(tmp_path)]
    assert "/no/such/folder" in failing(*options)


@pytest.mark.parametrize("option", ["--kendra-url", "--bedrock-url"])
def test_an_unreachable_upstream_is_reported_in_one_line(tmp_path: Path, option: str) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    options = [option, url, "--port", str(free_port()), "--state", str(tmp_path)]
    assert url in failing(*options)


def test_an_unknown_parameter_is_reported(tmp_path: Path) -> None:
    options = ["--parameters", "Colour=red", "--port", str(free_port()), "--state", str(tmp_path)]
    assert "Colour" in failing(*options)


def test_a_malformed_parameter_is_reported(tmp_path: Path) -> None:
    assert "Name=value" in failing("--parameters", "Colour", "--state", str(tmp_path))
