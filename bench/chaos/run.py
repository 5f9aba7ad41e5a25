"""The run of one seed: the burst, the failures, and the checks."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from bench.chaos.environment import ChaosEnvironment, chaos_environment
from bench.chaos.evidence import keep
from bench.chaos.failures import FailureInjector
from bench.chaos.history import History
from bench.chaos.invariants import lost, made_twice
from bench.chaos.leftovers import leftovers
from bench.chaos.load_generator import LoadGenerator
from bench.chaos.observations import FINAL
from bench.chaos.plan import Rules, plan
from bench.chaos.result import SeedResult
from bench.chaos.schedule import Schedule
from local.stack import SAMPLES

#: Seconds between two lines of progress.
_REPORT_EVERY = 10.0
#: A message stays invisible for the queue's 300 s if its worker is killed before it extends it.
_LONGEST_AWAY = 330.0
#: Seconds in which a watcher that subscribes again must receive an end; generous, because a busy
#: machine may first have to start a process for the subscription.
_RECEIVED_WITHIN = 60.0

Say = Callable[[str], None]


def run(seed: int, rules: Rules, say: Say, evidence: Path | None = None) -> SeedResult:
    """Run one seed on a stack of its own.

    If anything is found, the details are written to the folder `evidence`.
    Raises what starting a stack raises, and ServiceUnavailable.
    """
    with ExitStack() as running:
        environment = running.enter_context(chaos_environment(rules, seed))
        chaos = _Chaos(environment, seed, rules, running, say)
        result, history = chaos.run()
        if not result.is_good and evidence:
            keep(result, history, environment.worker_log(chaos.begun), evidence)
        return result


class _Chaos:
    """Executes a plan. What it starts is stopped by `running`."""

    def __init__(
        self,
        environment: ChaosEnvironment,
        seed: int,
        rules: Rules,
        running: ExitStack,
        say: Say,
    ) -> None:
        self._environment = environment
        self._rules = rules
        self._say = say
        self._reported_at = 0.0
        self._plan = plan(seed, rules, _questions())
        ended = threading.Event()
        self._client = environment.api_client(ended)
        running.callback(self._client.close)
        self._warm_up()
        self._schedule = Schedule(ended)
        self._load = LoadGenerator(
            self._client,
            lambda: environment.socket_url(self._client),
            self._schedule,
            rules.longest,
            ended,
        )
        self._load.on_poll = self._report_progress
        self._failures = FailureInjector(
            environment, self._load, self._schedule, rules.lease_seconds
        )
        for watcher in self._load.watchers:
            watcher.start()
            running.callback(watcher.join)
        # The retries of requests end first, before the watchers are joined.
        running.callback(ended.set)
        self.begun = time.time()

    def _warm_up(self) -> None:
        """Start every function once, so that the times do not include cold starts."""
        submitted = self._client.call("POST", "/jobs", {"question": _questions()[0]})
        path = f"/jobs/{submitted.raise_for_status().json()['id']}?wait=20"
        while self._client.call("GET", path).json()["status"] not in FINAL:
            continue

    def run(self) -> tuple[SeedResult, History]:
        """Run the plan to the end of all jobs, and check the invariants."""
        for order in self._plan.orders:
            self._schedule.at(order.at, partial(self._load.submit, order))
        self._failures.schedule(self._plan)
        self._schedule.at(1.0, self._load.poll)
        self._schedule.run()
        missing = self._missing_ends()
        for order in self._plan.orders:
            if order.is_repeated:
                self._load.repeat(order)
        emptied = self._await_empty()
        jobs = self._load.all_jobs()
        streams = self._environment.client("dynamodbstreams")
        history = History.read(streams, self._environment.stream)
        left = [*missing, *leftovers(self._environment)]
        return self._result(jobs, history, left, emptied), history

    def _report_progress(self, accepted: int, ended: int, is_open: int) -> None:
        now = self._schedule.now
        if now - self._reported_at >= _REPORT_EVERY:
            self._reported_at = now
            killed = ", ".join(f"{count} {name}" for name, count in self._failures.killed.items())
            self._say(
                f"{now:4.0f} s: {accepted} accepted, {ended} ended, {is_open} open;"
                f" killed: {killed or 'none'}"
            )

    def _missing_ends(self) -> list[str]:
        """The ends that watchers do not receive even after they subscribe again.

        A worker that is killed between storing an end and pushing it leaves that to them.
        """
        for watcher in self._load.watchers:
            for job_id in watcher.awaited:
                watcher.watch(job_id)
        end = time.monotonic() + _RECEIVED_WITHIN
        while (missing := self._awaited()) and time.monotonic() < end:
            time.sleep(0.2)
        return [f"the end of {job_id}, which its watcher never received" for job_id in missing]

    def _awaited(self) -> list[str]:
        return [job_id for watcher in self._load.watchers for job_id in watcher.awaited]

    def _await_empty(self) -> float:
        """Wait until the queues are empty, within the time limit; returns when that was."""
        end = time.monotonic() + _LONGEST_AWAY
        while (count := self._environment.messages()) and time.monotonic() < end:
            self._report_messages(count)
            time.sleep(0.5)
        return self._schedule.now

    def _report_messages(self, count: int) -> None:
        if self._schedule.now - self._reported_at >= _REPORT_EVERY:
            self._reported_at = self._schedule.now
            self._say(
                f"{self._schedule.now:4.0f} s: all jobs have ended; {count} messages are left"
            )

    def _result(
        self, jobs: list[dict[str, Any]], history: History, left: list[str], emptied: float
    ) -> SeedResult:
        load = self._load
        counters = self._environment.counters()
        kendra, bedrock = counters["kendra"], counters["bedrock"]
        kills, freezes = self._failures.kills, self._failures.freezes
        recoveries = history.recoveries(kills, freezes, self._rules.lease_seconds)
        failed = [job for job in jobs if job["status"] == "failed"]
        ids = {job["id"] for job in jobs}
        finished = [each[-1].finished_at for each in history.states.values() if each[-1]]
        taken_over = len(list(history.taken_over()))
        return SeedResult(
            seed=self._plan.seed,
            lease_seconds=self._rules.lease_seconds,
            jobs=len(jobs),
            seconds=max(finished, default=0) - self.begun,
            emptied_after=emptied,
            by_status=dict(Counter(job["status"] for job in jobs)),
            failed_by_type=dict(Counter(job["error"]["type"] for job in failed)),
            lost=lost(load.accepted, jobs),
            changed=[*load.observations.changed, *history.changed_after_end()],
            duplicated=[*load.observations.told_twice, *made_twice(load, self._plan, jobs)],
            left=left,
            killed=dict(self._failures.killed),
            frozen=len(freezes),
            taken_over=taken_over,
            lapsed_otherwise=taken_over - len(recoveries),
            restarted_after=sorted(round(each.begun, 2) for each in recoveries),
            ended_after=sorted(round(each.ended, 2) for each in recoveries),
            attempts=dict(Counter(job["attempts"] for job in jobs)),
            leases=dict(
                Counter(count for job_id, count in history.leases().items() if job_id in ids)
            ),
            model_calls=bedrock["calls"],
            kendra_calls=kendra["retrieve"] + kendra["query"],
            faults=_faults(kendra, bedrock),
            client_retries=dict(self._client.retries),
            doubled_messages=load.counts["doubled messages"],
            doubled_requests=load.counts["doubled requests"],
            told=sum(watcher.told for watcher in load.watchers),
            refusals=dict(sum((watcher.refusals for watcher in load.watchers), Counter())),
            unanswered=load.counts["unanswered"],
            connections=sum(watcher.connections for watcher in load.watchers),
            unconfirmed=len(ids - load.accepted.keys()),
            retried=load.counts["retried"],
        )


def _faults(*upstreams: dict[str, Any]) -> dict[str, int]:
    names = ("throttled_by_fault", "throttled_by_quota", "failed_by_fault", "cut_by_fault")
    return {name: sum(int(upstream[name]) for upstream in upstreams) for name in names}


def _questions() -> list[str]:
    lines = (SAMPLES.parent / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["question"] for line in lines if line.strip()]
