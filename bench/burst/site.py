"""The whole local stack for one case, and what is asked of it."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.burst.caller import Caller
from bench.burst.case import MAX_TOKENS, TOKENS_PER_MINUTE
from bench.burst.run import Run
from local.ministack import free_port
from local.stack import PROJECT, Stack, StackOptions

#: Worker executions at a time and lane, of ten jobs each.
CONCURRENCY = 12


class Site:
    """A running stack and two callers: one with a burst, one who asks a question now and then."""

    def __init__(self, stack: Stack, run: Run, log: Path) -> None:
        self.stack = stack
        self._log = log
        deployed = stack.deployed
        self._client = stack.deployment.client
        self.burst = Caller(deployed.api_url, deployed.api_key, run.wait)
        self.asker = Caller(deployed.api_url, self._another_key(), run.wait)
        self._queues = [deployed.outputs[name] for name in ("QueueUrl", "BulkQueueUrl")]

    def _another_key(self) -> str:
        gateway = self._client("apigateway")
        key = gateway.create_api_key(name="asker", enabled=True)
        plan = gateway.get_usage_plans()["items"][0]["id"]
        gateway.create_usage_plan_key(usagePlanId=plan, keyId=key["id"], keyType="API_KEY")
        return str(key["value"])

    def messages(self) -> int:
        """Messages in both lanes, those being worked on included."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        sqs = self._client("sqs")
        found = [
            sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
            for url in self._queues
        ]
        return sum(int(counts[name]) for counts in found for name in names)

    def workers(self) -> int:
        """Worker processes that MiniStack started, by its log."""
        worker = self.stack.deployed.outputs["WorkerFunctionName"]
        text = self._log.read_text(encoding="utf-8", errors="replace")
        return text.count(f"Lambda worker spawned for {worker} ")

    def worker_log(self, since: float) -> list[dict[str, Any]]:
        """What the workers logged since then, in seconds since 1970."""
        logs = self._client("logs")
        worker = self.stack.deployed.outputs["WorkerFunctionName"]
        function = self._client("lambda").get_function_configuration(FunctionName=worker)
        group = function["LoggingConfig"]["LogGroup"]
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, startTime=int(since * 1000)
        )
        return [event for page in pages for event in page["events"]]


@contextmanager
def site(run: Run) -> Iterator[Site]:
    """Start everything, on a copy of src/ that nobody edits meanwhile; end it afterwards."""
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        shutil.copy(PROJECT / "template.yaml", home)
        shutil.copytree(PROJECT / "src", home / "src")
        options = StackOptions(
            port=free_port(),
            documents=run.documents,
            urls=run.urls,
            conditions=run.case.conditions,
            parameters={
                "ModelId": run.model,
                "KendraIndexId": run.index,
                "MaxConcurrency": str(CONCURRENCY),
                "MaxOutputTokens": str(MAX_TOKENS),
                "ModelTokensPerMinute": f"{TOKENS_PER_MINUTE * run.case.told:.0f}",
                "ModelOutputBurndown": str(run.case.burndown),
                "KendraQueriesPerSecond": f"{run.case.queries_per_second * run.case.told:g}",
            },
            project=home,
            state=home / "state",
        )
        with Stack(options, lambda _: None) as stack:
            yield Site(stack, run, options.state / f"ministack-{options.port}.log")
