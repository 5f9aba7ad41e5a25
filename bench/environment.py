"""The test environment: the local stack on a copy of src/, and what benchmarks read from it."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from local.ministack import free_port
from local.stack import PROJECT, Stack, StackOptions

_COUNTS = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]


class Environment:
    """A running stack with its queues and its worker's log."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.client = stack.deployment.client
        self.outputs = stack.deployed.outputs
        #: URLs of the two lanes' queues.
        self.queues = [self.outputs[name] for name in ("QueueUrl", "BulkQueueUrl")]

    def messages(self) -> int:
        """Messages in both lanes' queues, including those that a worker holds."""
        return sum(self.messages_in(url) for url in self.queues)

    def messages_in(self, url: str) -> int:
        """Messages in one queue, including those that a worker holds."""
        counts = self.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=_COUNTS)
        return sum(int(number) for number in counts["Attributes"].values())

    def worker_log(self, since: float) -> list[str]:
        """What the workers have logged since a time in seconds since 1970."""
        worker = self.outputs["WorkerFunctionName"]
        function = self.client("lambda").get_function_configuration(FunctionName=worker)
        pages = (
            self.client("logs")
            .get_paginator("filter_log_events")
            .paginate(
                logGroupName=function["LoggingConfig"]["LogGroup"], startTime=int(since * 1000)
            )
        )
        return [event["message"] for page in pages for event in page["events"]]


@contextmanager
def running_stack(options: StackOptions) -> Iterator[tuple[Stack, Path]]:
    """Start the stack on a free port; yields it and its log. Raises what starting a stack raises.

    It runs a copy of src/: a stack reloads code that changes, which would spoil a measurement.
    """
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        shutil.copy(PROJECT / "template.yaml", home)
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(PROJECT / "src", home / "src", ignore=ignored)
        options = replace(options, port=free_port(), project=home, state=home / "state")
        with Stack(options, lambda _: None) as stack:
            yield stack, options.state / f"ministack-{options.port}.log"
