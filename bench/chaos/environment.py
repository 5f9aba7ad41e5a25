"""The test environment of one seed: the local stack, and what the benchmark does to it."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

import httpx

from bench.chaos import processes
from bench.chaos.api_client import RetryingClient
from bench.chaos.history import record_changes
from bench.chaos.plan import Rules, Victim
from bench.environment import Environment, running_stack
from local.conditions import Conditions
from local.stack import Stack, StackOptions

#: Quotas so high that a throttled pace, which never falls below a hundredth, is no bottleneck.
_TOKENS_PER_MINUTE, _QUERIES_PER_SECOND = 200_000_000, 20_000
_FUNCTIONS = {Victim.WORKER: "WorkerFunction", Victim.SUBMIT: "SubmitFunction"}


class ChaosEnvironment(Environment):
    """A running stack that records every change of its table."""

    def __init__(self, stack: Stack, rules: Rules) -> None:
        super().__init__(stack)
        self._rules = rules
        self.table = self.outputs["TableName"]
        self.stream = record_changes(self.client("dynamodb"), self.table)
        self._frozen: set[int] = set()
        self._sqs = self.client("sqs")
        self._functions = {victim: self._function(name) for victim, name in _FUNCTIONS.items()}

    def kill(self, victim: Victim, *, everything: bool, pick: float) -> int:
        """Kill one or all of a function's processes with SIGKILL; returns how many."""
        at_work = victim is Victim.WORKER and not self._rules.kill_starting
        found = self._processes(victim, at_work=at_work)
        chosen = found if everything else _picked(found, pick)
        processes.send(chosen, signal.SIGKILL)
        return len(chosen)

    def freeze(self, pick: float) -> list[int]:
        """Stop one of the busy workers; returns its process, if there was one."""
        chosen = _picked(self._processes(Victim.WORKER, at_work=True), pick)
        processes.send(chosen, signal.SIGSTOP)
        self._frozen.update(chosen)
        return chosen

    def thaw(self, numbers: list[int]) -> None:
        """Continue stopped processes."""
        processes.send(numbers, signal.SIGCONT)
        self._frozen.difference_update(numbers)

    def _processes(self, victim: Victim, *, at_work: bool) -> list[int]:
        port = self.stack.ministack.port
        found = processes.of_function(self._functions[victim], port, at_work=at_work)
        # A frozen worker must come back, so it is not killed.
        return [number for number in found if number not in self._frozen]

    def send_again(self, job_id: str, *, bulk: bool) -> None:
        """Send another message for a job, to the bulk or the interactive queue."""
        caller = sha256(self.stack.deployed.api_key.encode()).hexdigest()[:32]
        body = f'{{"caller":"{caller}","job_id":"{job_id}"}}'
        self._sqs.send_message(QueueUrl=self.queues[bulk], MessageBody=body, MessageGroupId=caller)

    def counters(self) -> dict[str, Any]:
        """What the stand-ins have counted, by upstream."""
        found: dict[str, Any] = httpx.get(f"{self.stack.upstreams.url}/stats", timeout=30).json()
        return found

    def socket_url(self, client: RetryingClient) -> str:
        """A URL for one WebSocket connection, with a new ticket."""
        ticket = client.call("POST", "/tickets").raise_for_status().json()["ticket"]
        return f"{self.stack.deployed.websocket_url}?ticket={ticket}"

    def api_client(self, ended: threading.Event) -> RetryingClient:
        """A client with the stack's API key; `ended` stops its retries."""
        return RetryingClient(self.stack.deployed.api_url, self.stack.deployed.api_key, ended)

    def _function(self, resource: str) -> str:
        resources = self.client("cloudformation").describe_stack_resource(
            StackName="sluice", LogicalResourceId=resource
        )
        name: str = resources["StackResourceDetail"]["PhysicalResourceId"]
        return name


def _picked(numbers: list[int], pick: float) -> list[int]:
    """One of the processes, selected by a number from 0 to 1; none if there are none."""
    return numbers[int(pick * len(numbers)) :][:1]


@contextmanager
def chaos_environment(rules: Rules, seed: int) -> Iterator[ChaosEnvironment]:
    """Start the stack for a seed; stop it at the end of the context."""
    options = StackOptions(
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
    )
    with running_stack(options) as (stack, _):
        yield ChaosEnvironment(stack, rules)
