"""The process of the stand-ins, as the stack starts it."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import boto3
import httpx
import pytest

from local.bedrock.converse import DEFAULT_MAX_TOKENS
from local.conditions import Conditions
from tests.local.serving import bedrock_client

INDEX = "10ca1000-0000-4000-8000-000000000000"
ASK: Any = {
    "modelId": "some.model",
    "messages": [{"role": "user", "content": [{"text": "What is the ferry's fare?"}]}],
}


def command(*options: str) -> Sequence[str]:
    return [sys.executable, "-m", "local.upstreams", *options]


@contextmanager
def upstreams(*options: str) -> Iterator[str]:
    """Yield the address of a server. It must print only what it read, and end with its input."""
    process = subprocess.Popen(
        command(*options),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        assert process.stdin
        assert process.stdout
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        process.stdin.close()
        said = process.stdout.read().splitlines()
    assert process.returncode == 0
    assert [line.split()[0] for line in said] == ["Read"]


def under(quotas: str, faults: str) -> Sequence[str]:
    return ["--conditions", Conditions.read(quotas, faults).model_dump_json()]


def stats(url: str) -> dict[str, Any]:
    counters: dict[str, Any] = httpx.get(f"{url}/stats", trust_env=False).raise_for_status().json()
    return counters


def test_without_a_stack_the_stand_ins_serve_every_caller_under_their_conditions() -> None:
    # A day, so that no second call is slow enough to find the quota full again.
    quotas = f"day={DEFAULT_MAX_TOKENS + 20} shape=rolling"
    with (
        upstreams(*under(quotas, "speed=0 slow=0 seed=7")) as url,
        bedrock_client(url) as bedrock,
    ):
        kendra = boto3.client("kendra", endpoint_url=url, region_name="us-east-1")
        assert kendra.retrieve(IndexId=INDEX, QueryText="What is the ferry's fare?")["ResultItems"]
        kendra.close()
        list(bedrock.converse_stream(**ASK)["stream"])
        with pytest.raises(bedrock.exceptions.ThrottlingException):
            bedrock.converse(**ASK)
        counters = stats(url)
        assert (counters["kendra"]["retrieve"], counters["kendra"]["answers"]) == (1, 1)
        assert (counters["bedrock"]["calls"], counters["bedrock"]["answers"]) == (2, 1)
        assert counters["bedrock"]["throttled_by_quota"] == 1
        assert counters["bedrock"]["models"]["some.model"]["tokens_charged"] > 0

        assert httpx.post(f"{url}/stats/reset", trust_env=False).status_code == 204
        counters = stats(url)
        assert (counters["kendra"]["retrieve"], counters["kendra"]["answers"]) == (0, 0)
        assert (counters["bedrock"]["calls"], counters["bedrock"]["models"]) == (0, {})
        bedrock.converse(**ASK)


def test_a_cut_stream_prints_nothing() -> None:
    with upstreams(*under("", "cut=1 slow=0")) as url:
        body = {"messages": ASK["messages"]}
        path = f"{url}/model/some.model/converse-stream"
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.post(path, json=body, trust_env=False)
        assert stats(url)["bedrock"]["cut_by_fault"] == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--conditions", '{"quotas": {"shape": "square"}}'], "--conditions"),
        (["--documents", "nowhere"], "nowhere"),
        (["--port", "70000"], "port"),
    ],
)
def test_an_invalid_option_is_named(options: list[str], said: str) -> None:
    ended = subprocess.run(command(*options), capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert said in ended.stderr.splitlines()[-1]


@pytest.mark.parametrize("variable", ["quotas", "faults"])
def test_the_stack_does_not_start_with_invalid_quotas_or_faults(variable: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "local", "run", f"--{variable}", "tokens=some"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    assert line.startswith(f"Sluice cannot start. {variable.upper()}: tokens")
