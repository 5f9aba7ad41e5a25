"""A peer answers a burst: processes of its own, on a stand-in of their own."""

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
from bench.burst.outcome import Outcome
from bench.burst.peers.order import Order, beginning
from bench.burst.run import Run
from bench.burst.watch import Watch
from local.ministack import CREDENTIALS, REGION, MiniStack, free_port, root_client
from local.process import Child
from local.stack import PROJECT
from local.upstream_server import UpstreamServer
from tools import build_package, lambda_python

#: What SQS itself has as its default, in seconds, and what AWS advises at least.
_VISIBILITY, _RECEIVES = 30, 5
#: Seconds in which a process must have imported all it needs.
_START = 120


@dataclass(frozen=True)
class Peer:
    """One of those that Sluice is compared with."""

    name: str
    #: In bench.burst.peers.
    module: str
    #: Processes, and questions that each works on at a time.
    processes: int
    threads: int

    @property
    def is_queued(self) -> bool:
        return self.module == "queued"


PEERS = {
    peer.name: peer
    for peer in (
        Peer("boto3 adaptive, 1 process", "adaptive", 1, 64),
        Peer("boto3 adaptive, 10 processes", "adaptive", 10, 10),
        Peer("langchain-aws with a rate limiter", "limited", 1, 64),
        Peer("token-throttle", "reserving", 1, 64),
        Peer("SQS, 5 consumers", "queued", 1, 5),
        Peer("SQS, 10 consumers", "queued", 1, 10),
        Peer("SQS, 50 consumers", "queued", 1, 50),
    )
}


class NotInstalled(Exception):
    """The peers' packages cannot be had here; the message says why."""


def packages() -> Path:
    """The folder with the packages of requirements/peers.txt. Raises NotInstalled."""
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
    """The versions of the peers' packages, by the lock."""
    lock = (PROJECT / "requirements" / "peers.txt").read_text(encoding="utf-8")
    pinned = dict(line.split()[0].split("==") for line in lock.splitlines() if "==" in line)
    return {name: pinned[name] for name in ("boto3", "langchain-aws", "token-throttle")}


def answer(run: Run) -> Outcome:
    """Run the case of a peer. Raises StartFailed, NotInstalled."""
    peer = PEERS[run.case.system]
    installed = packages()
    with ExitStack() as running:
        scratch = Path(running.enter_context(tempfile.TemporaryDirectory()))
        with run.starting:
            upstream = _upstream(run, scratch, running)
            order = _order(run, peer, upstream)
            if peer.is_queued:
                order = _with_queue(order, run, scratch, running)
        processes = [
            _process(peer, installed, share, scratch / f"{place}.json", running)
            for place, share in enumerate(_shares(order, peer.processes))
        ]
        for process in processes:
            process.await_ready()
        run.await_window()
        with Watch(upstream.url if run.is_ours else None) as watch:
            begun = time.time()
            for process in processes:
                process.begin()
            is_drained = run.await_drained(
                watch, lambda: all(process.has_ended() for process in processes), lambda: None
            )
    found = [line for process in processes for line in process.said]
    note = "" if is_drained else f"not waited for after {run.longest:.0f} s"
    return watch.told(_outcome(run, found, begun, note))


def _outcome(run: Run, said: list[dict[str, Any]], begun: float, note: str) -> Outcome:
    """The outcome as the peer itself tells it."""
    ends = [line for line in said if "at" in line]
    calls = [line for line in said if "calls" in line]
    completed = sum(not line["failed"] for line in ends)
    # What went to the dead-letter queue has failed without a word.
    is_over = not note and len(calls) > 0
    failed = run.case.questions - completed if is_over else len(ends) - completed
    failures = Counter(line["failed"] for line in ends if line["failed"])
    return Outcome(
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


def _order(run: Run, peer: Peer, upstream: UpstreamServer) -> Order:
    variables = upstream.variables()
    return Order(
        questions=run.questions,
        threads=peer.threads,
        kendra=variables["AWS_ENDPOINT_URL_KENDRA"],
        bedrock=variables["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"],
        model=run.model,
        index=run.index,
        max_tokens=MAX_TOKENS,
        tokens_per_minute=TOKENS_PER_MINUTE * run.case.told,
        burndown=run.case.burndown,
        mean_charge=corpus.mean_charge(run.case.burndown),
    )


def _shares(order: Order, number: int) -> list[Order]:
    return [replace(order, questions=order.questions[place::number]) for place in range(number)]


def _with_queue(order: Order, run: Run, scratch: Path, running: ExitStack) -> Order:
    """The order with a queue that holds its questions."""
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
    return replace(order, queue=url, sqs=stack.url, sqs_credentials=dict(CREDENTIALS))


def _process(
    peer: Peer, installed: Path, order: Order, path: Path, running: ExitStack
) -> "_Process":
    order.write(path)
    process = _Process(peer.module, installed, path)
    running.callback(process.stop)
    process.start()
    return process


class _Process:
    """One process of a peer, and what it said."""

    def __init__(self, module: str, installed: Path, order: Path) -> None:
        self._order = order
        self.said: list[dict[str, Any]] = []
        python = str(lambda_python.find())
        paths = [installed, PROJECT / "src", PROJECT]
        environment = {
            # A stand-in takes any signature; AWS takes that of whoever runs this.
            "AWS_ACCESS_KEY_ID": "none",
            "AWS_SECRET_ACCESS_KEY": "none",
            "AWS_DEFAULT_REGION": REGION,
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
        }
        command = [python, "-m", f"bench.burst.peers.{module}", str(order)]
        self._child = Child(command, environment, self._hear)
        self.start, self.stop = self._child.start, self._child.stop
        self.has_ended = self._child.has_ended

    def await_ready(self) -> None:
        """Wait until it could begin. Raises StartFailed."""
        self._child.wait_until(lambda: bool(self.said), _START)

    def begin(self) -> None:
        beginning(self._order).touch()

    def _hear(self, line: str) -> None:
        # Beside ours there may be what the packages have to say.
        with suppress(ValueError):
            if isinstance(found := json.loads(line), dict):
                self.said.append(found)
