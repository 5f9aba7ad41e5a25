"""The whole local stack for one burst, and what can be done to it from outside."""

import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx

from bench.chaos import killing
from bench.chaos.caller import Caller
from bench.chaos.history import record_changes
from bench.chaos.plan import Rules, Victim
from local.conditions import Conditions
from local.ministack import free_port
from local.stack import PROJECT, Stack, StackOptions

#: Quotas of which the least that a throttled pace comes down to, a hundredth, is no bottleneck.
_TOKENS_PER_MINUTE, _QUERIES_PER_SECOND = 200_000_000, 20_000
_FUNCTIONS = {Victim.WORKER: "WorkerFunction", Victim.SUBMIT: "SubmitFunction"}


class Site:
    """A running stack, its table's changes recorded from the beginning."""

    def __init__(self, stack: Stack, rules: Rules) -> None:
        self.stack = stack
        self._rules = rules
        self.outputs = stack.deployed.outputs
        self.client = stack.deployment.client
        self.table = self.outputs["TableName"]
        self.stream = record_changes(self.client("dynamodb"), self.table)
        #: The lanes' queues.
        self.queues = [self.outputs[name] for name in ("QueueUrl", "BulkQueueUrl")]
        self._frozen: set[int] = set()
        self._sqs = self.client("sqs")
        self._functions = {victim: self._function(name) for victim, name in _FUNCTIONS.items()}

    def kill(self, victim: Victim, *, everything: bool, lot: float) -> int:
        """End one or all of a function's processes with kill -9; how many there were."""
        at_work = victim is Victim.WORKER and not self._rules.kill_starting
        found = self._processes(victim, at_work=at_work)
        chosen = found if everything else _one_of(found, lot)
        killing.send(chosen, signal.SIGKILL)
        return len(chosen)

    def freeze(self, lot: float) -> list[int]:
        """Stop one of the workers at work; the process, if there was one."""
        chosen = _one_of(self._processes(Victim.WORKER, at_work=True), lot)
        killing.send(chosen, signal.SIGSTOP)
        self._frozen.update(chosen)
        return chosen

    def thaw(self, processes: list[int]) -> None:
        """Let processes go on."""
        killing.send(processes, signal.SIGCONT)
        self._frozen.difference_update(processes)

    def _processes(self, victim: Victim, *, at_work: bool) -> list[int]:
        port = self.stack.ministack.port
        found = killing.processes(self._functions[victim], port, at_work=at_work)
        # One that was killed while it is stopped would never come back.
        return [number for number in found if number not in self._frozen]

    def send_again(self, job_id: str, *, bulk: bool) -> None:
        """Put a message for a job into a queue, whichever it was in."""
        caller = sha256(self.stack.deployed.api_key.encode()).hexdigest()[:32]
        body = f'{{"caller":"{caller}","job_id":"{job_id}"}}'
        self._sqs.send_message(QueueUrl=self.queues[bulk], MessageBody=body, MessageGroupId=caller)

    def stats(self) -> dict[str, Any]:
        """What the stand-ins saw."""
        found: dict[str, Any] = httpx.get(f"{self.stack.upstreams.url}/stats", timeout=30).json()
        return found

    def worker_log(self, since: float) -> list[str]:
        """What the workers logged since then, in seconds since 1970."""
        logs = self.client("logs")
        found = self.client("lambda").get_function_configuration(
            FunctionName=self._functions[Victim.WORKER]
        )
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=found["LoggingConfig"]["LogGroup"], startTime=int(since * 1000)
        )
        return [event["message"] for page in pages for event in page["events"]]

    def socket_url(self, caller: Caller) -> str:
        """Where to connect once, with a new ticket."""
        ticket = caller.call("POST", "/tickets").raise_for_status().json()["ticket"]
        return f"{self.stack.deployed.websocket_url}?ticket={ticket}"

    def caller(self, ended: threading.Event) -> Caller:
        return Caller(self.stack.deployed.api_url, self.stack.deployed.api_key, ended)

    def _function(self, resource: str) -> str:
        resources = self.client("cloudformation").describe_stack_resource(
            StackName="sluice", LogicalResourceId=resource
        )
        name: str = resources["StackResourceDetail"]["PhysicalResourceId"]
        return name


def _one_of(processes: list[int], lot: float) -> list[int]:
    return processes[int(lot * len(processes)) :][:1]


@contextmanager
def site(rules: Rules, seed: int) -> Iterator[Site]:
    """Start everything, on a copy of src/ that nobody edits meanwhile; end it afterwards."""
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        shutil.copy(PROJECT / "template.yaml", home)
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(PROJECT / "src", home / "src", ignore=ignored)
        options = StackOptions(
            port=free_port(),
            conditions=Conditions.read("", f"{rules.faults} seed={seed}"),
            parameters={
                "LeaseSeconds": str(rules.lease_seconds),
                "MaxConcurrency": str(rules.concurrency),
                "MaxOutputTokens": "400",
                "PassageTokens": "1500",
                "ModelTokensPerMinute": str(_TOKENS_PER_MINUTE),
                "KendraQueriesPerSecond": str(_QUERIES_PER_SECOND),
                "RequestsPerSecond": "500",
                "RequestBurst": "1000",
            },
            project=home,
            state=home / "state",
        )
        with Stack(options, lambda _: None) as stack:
            yield Site(stack, rules)
