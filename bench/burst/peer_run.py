"""A run of a peer: its processes, on stand-ins of their own."""

import json
import os
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.burst import corpus
from bench.burst.case import MAX_TOKENS, TOKENS_PER_MINUTE
from bench.burst.monitor import Monitor
from bench.burst.peers.protocol import Assignment, start_file
from bench.burst.result import BurstResult
from bench.burst.run import Run
from local.ministack import CREDENTIALS, REGION, MiniStack, free_port, root_client
from local.process import Child
from local.stack import PROJECT
from local.upstream_server import UpstreamServer
from tools import build_package, lambda_python

#: SQS's default in seconds, and the least that AWS recommends.
_VISIBILITY, _RECEIVES = 30, 5
#: Seconds that a process may take until it is ready.
_START = 120


@dataclass(frozen=True)
class Peer:
    """A system that Sluice is compared with."""

    name: str
    #: The module in bench.burst.peers.
    module: str
    #: Processes, and the questions that each works on at a time.
    processes: int
    threads: int

    @property
    def is_queued(self) -> bool:
        return self.module == "sqs_consumers"


PEERS = {
    peer.name: peer
    for peer in (
        Peer("boto3 adaptive, 1 process", "boto3_adaptive", 1, 64),
        Peer("boto3 adaptive, 10 processes", "boto3_adaptive", 10, 10),
        Peer("langchain-aws with a rate limiter", "langchain_limiter", 1, 64),
        Peer("token-throttle", "token_throttle_limiter", 1, 64),
        Peer("SQS, 5 consumers", "sqs_consumers", 1, 5),
        Peer("SQS, 10 consumers", "sqs_consumers", 1, 10),
        Peer("SQS, 50 consumers", "sqs_consumers", 1, 50),
    )
}


class NotInstalled(Exception):
    """The peers' packages cannot be installed here; the message says why."""


def packages() -> Path:
    """Install requirements/peers.txt into a folder, and return it. Raises NotInstalled."""
    python = lambda_python.find()
    if python is None:
        raise NotInstalled(f"no Python {lambda_python.VERSION} here, which token-throttle needs")
    requirements = PROJECT / "requirements" / "peers.txt"

    def fill(folder: Path) -> None:
        build_package.install(folder, requirements, python=python)

    try:
        return build_package.once("peers", [requirements], str(python), fill)
    except SystemExit as failure:
        raise NotInstalled(str(failure)) from failure


def versions() -> dict[str, str]:
    """The locked versions of the peers' packages."""
    lock = (PROJECT / "requirements" / "peers.txt").read_text(encoding="utf-8")
    pinned = dict(line.split()[0].split("==") for line in lock.splitlines() if "==" in line)
    return {name: pinned[name] for name in ("boto3", "langchain-aws", "token-throttle")}


def measure(run: Run) -> BurstResult:
    """Run the case of a peer. Raises StartFailed, NotInstalled and Interrupted."""
    peer = PEERS[run.case.system]
    installed = packages()
    with ExitStack() as running:
        scratch = Path(running.enter_context(tempfile.TemporaryDirectory()))
        with run.starting:
            upstream = _upstream(run, scratch, running)
            assignment = _assignment(run, peer, upstream)
            if peer.is_queued:
                assignment = _with_queue(assignment, run, scratch, running)
        processes = [
            _start(peer, installed, share, scratch / f"{place}.json", running)
            for place, share in enumerate(_shares(assignment, peer.processes))
        ]
        for process in processes:
            process.await_ready()
        run.await_window()
        with Monitor(upstream.url if run.uses_stand_in else None) as monitor:
            begun = time.time()
            for process in processes:
                process.begin()
            is_drained = run.await_drained(
                monitor, lambda: all(process.has_ended() for process in processes), lambda: None
            )
    lines = [line for process in processes for line in process.lines]
    note = "" if is_drained else f"abandoned after {run.time_limit:.0f} s"
    return monitor.complete(_result(run, lines, begun, note))


def _result(run: Run, lines: list[dict[str, Any]], begun: float, note: str) -> BurstResult:
    """The result as the peer itself reports it."""
    ends = [line for line in lines if "at" in line]
    calls = [line for line in lines if "calls" in line]
    completed = sum(not line["failed"] for line in ends)
    # A question in the dead-letter queue has failed, but was not reported.
    is_over = not note and len(calls) > 0
    failed = run.case.questions - completed if is_over else len(ends) - completed
    failures = Counter(line["failed"] for line in ends if line["failed"])
    return BurstResult(
        run.case,
        datetime.now(UTC).isoformat(timespec="seconds"),
        completed=completed,
        failed=failed,
        seconds=max((line["at"] for line in ends), default=begun) - begun,
        calls=sum(line["calls"] for line in calls),
        throttled=sum(line["throttled"] for line in calls),
        charged=sum(line["charged"] for line in calls),
        note=note
        or "; ".join(f"{number} x {why}"[:120] for why, number in failures.most_common(1)),
    )


def _upstream(run: Run, scratch: Path, running: ExitStack) -> UpstreamServer:
    server = UpstreamServer(
        run.documents, "", run.urls, scratch / "page.json", run.case.conditions, 0, lambda _: None
    )
    running.callback(server.stop)
    server.start()
    return server


def _assignment(run: Run, peer: Peer, upstream: UpstreamServer) -> Assignment:
    variables = upstream.variables()
    return Assignment(
        questions=run.questions,
        threads=peer.threads,
        kendra=variables["AWS_ENDPOINT_URL_KENDRA"],
        bedrock=variables["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"],
        model=run.model,
        index=run.index,
        max_tokens=MAX_TOKENS,
        tokens_per_minute=TOKENS_PER_MINUTE * run.case.quota_factor,
        burndown=run.case.burndown,
        mean_charge=corpus.mean_charge(run.case.burndown),
    )


def _shares(assignment: Assignment, number: int) -> list[Assignment]:
    """One assignment for each process."""
    return [
        replace(assignment, questions=assignment.questions[place::number])
        for place in range(number)
    ]


def _with_queue(assignment: Assignment, run: Run, scratch: Path, running: ExitStack) -> Assignment:
    """Start SQS with a queue that holds the questions; returns the assignment with its URL."""
    stack = MiniStack(free_port(), {}, scratch / "ministack.log")
    running.callback(stack.stop)
    stack.start()
    sqs = root_client(stack.url, "sqs")
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    names = ["QueueArn"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=names)["Attributes"]["QueueArn"]
    redrive = {"deadLetterTargetArn": arn, "maxReceiveCount": _RECEIVES}
    attributes = {"VisibilityTimeout": f"{_VISIBILITY}", "RedrivePolicy": json.dumps(redrive)}
    url = sqs.create_queue(QueueName="questions", Attributes=attributes)["QueueUrl"]
    for question in run.questions:
        sqs.send_message(QueueUrl=url, MessageBody=question)
    return replace(assignment, queue=url, sqs=stack.url, sqs_credentials=dict(CREDENTIALS))


def _start(
    peer: Peer, installed: Path, assignment: Assignment, path: Path, running: ExitStack
) -> "_Process":
    assignment.write(path)
    process = _Process(peer.module, installed, path)
    running.callback(process.stop)
    process.start()
    return process


class _Process:
    """One process of a peer, and the lines that it has written."""

    def __init__(self, module: str, installed: Path, assignment: Path) -> None:
        self._assignment = assignment
        self.lines: list[dict[str, Any]] = []
        python = str(lambda_python.find())
        paths = [installed, PROJECT / "src", PROJECT]
        environment = {
            # The stand-ins accept any signature. For AWS, the environment has real credentials.
            "AWS_ACCESS_KEY_ID": "none",
            "AWS_SECRET_ACCESS_KEY": "none",
            "AWS_DEFAULT_REGION": REGION,
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
        }
        command = [python, "-m", f"bench.burst.peers.{module}", str(assignment)]
        self._child = Child(command, environment, self._read)
        self.start, self.stop = self._child.start, self._child.stop
        self.has_ended = self._child.has_ended

    def await_ready(self) -> None:
        """Wait until the process is ready. Raises StartFailed."""
        self._child.wait_until(lambda: bool(self.lines), _START)

    def begin(self) -> None:
        """Let the process begin."""
        start_file(self._assignment).touch()

    def _read(self, line: str) -> None:
        # The packages may print lines of their own.
        with suppress(ValueError):
            if isinstance(found := json.loads(line), dict):
                self.lines.append(found)
