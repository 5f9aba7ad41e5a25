"""The running stack, as end-to-end tests look at it."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from local.stack import Stack


@dataclass(frozen=True)
class Site:
    """A stack, the folder it runs from, and what it has told people."""

    stack: Stack
    home: Path
    told: list[str]

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """A request with the first caller's key."""
        headers = {"x-api-key": self.stack.deployed.api_key} | options.pop("headers", {})
        url = f"{self.stack.deployed.api_url}{path}"
        return httpx.request(method, url, headers=headers, timeout=60, **options)

    def kill_workers(self) -> None:
        """End the worker's processes of this stack, and of no other, as a crash would."""
        name = self.stack.deployed.outputs["WorkerFunctionName"]
        marks = {
            f"AWS_LAMBDA_FUNCTION_NAME={name}".encode(),
            f"GATEWAY_PORT={self.stack.ministack.port}".encode(),
        }
        for process in Path("/proc").glob("[0-9]*/environ"):
            try:
                environment = set(process.read_bytes().split(b"\0"))
            except OSError:
                continue  # it has ended, or is not ours
            if marks <= environment:
                os.kill(int(process.parent.name), signal.SIGKILL)

    def client(self, service: str) -> Any:
        """A boto3 client of MiniStack's root user."""
        return self.stack.deployment.client(service)

    def worker_log(self) -> str:
        """Everything the worker has logged."""
        logs = self.client("logs")
        function = self.stack.deployed.outputs["WorkerFunctionName"]
        settings = self.client("lambda").get_function_configuration(FunctionName=function)
        group = settings["LoggingConfig"]["LogGroup"]
        streams = logs.describe_log_streams(logGroupName=group)["logStreams"]
        return "\n".join(
            event["message"]
            for stream in streams
            for event in logs.get_log_events(
                logGroupName=group, logStreamName=stream["logStreamName"]
            )["events"]
        )


def eventually(fact: Callable[[], Any], seconds: float = 30) -> Any:
    """Wait until `fact()` is true and return it; fail when `seconds` have passed."""
    end = time.monotonic() + seconds
    while not (found := fact()):
        assert time.monotonic() < end, f"not within {seconds} s: {fact}"
        time.sleep(0.1)
    return found
