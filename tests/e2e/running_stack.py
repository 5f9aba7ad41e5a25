"""The running stack, with what end-to-end tests ask of it."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from local.stack import Stack


@dataclass(frozen=True)
class RunningStack:
    """A stack, the folder it runs from, and the lines it has printed."""

    stack: Stack
    home: Path
    printed: list[str]

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request with the first caller's key, and return the response."""
        headers = {"x-api-key": self.stack.deployed.api_key} | options.pop("headers", {})
        url = f"{self.stack.deployed.api_url}{path}"
        return httpx.request(method, url, headers=headers, timeout=60, **options)

    def kill_workers(self) -> None:
        """Kill this stack's worker processes as a crash would, and those of no other stack."""
        name = self.stack.deployed.outputs["WorkerFunctionName"]
        variables = {
            f"AWS_LAMBDA_FUNCTION_NAME={name}".encode(),
            f"GATEWAY_PORT={self.stack.ministack.port}".encode(),
        }
        for process in Path("/proc").glob("[0-9]*/environ"):
            try:
                environment = set(process.read_bytes().split(b"\0"))
            except OSError:
                continue  # it has ended, or is not ours
            if variables <= environment:
                os.kill(int(process.parent.name), signal.SIGKILL)

    def client(self, service: str) -> Any:
        """Return a boto3 client with the credentials of MiniStack's root user."""
        return self.stack.deployment.client(service)

    def worker_log(self) -> str:
        """Return everything the worker has logged."""
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
