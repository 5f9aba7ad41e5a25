"""A run of Sluice: the deployed handlers on the warm local stack."""

import json
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bench.burst import corpus
from bench.burst.api_client import parse_time
from bench.burst.environment import CONCURRENCY, BurstEnvironment, burst_environment
from bench.burst.monitor import Monitor
from bench.burst.result import BurstResult
from bench.burst.run import Run
from local.quota import MINUTE

#: Single questions without a burst, and during the burst.
_UNLOADED, _DURING = 7, 5
#: Seconds between two single questions during the burst.
_BETWEEN = 2.0
#: About how many seconds pass before the burst begins.
OVERHEAD = 100.0
#: Jobs that one worker works on at a time.
_BATCH_SIZE = 10


def measure(run: Run) -> BurstResult:
    """Run the case. Raises what starting a stack raises, and Interrupted."""
    with ExitStack() as running:
        with run.starting:
            environment = running.enter_context(burst_environment(run))
        return _measure(run, environment)


def _measure(run: Run, environment: BurstEnvironment) -> BurstResult:
    _warm_up(run, environment)
    unloaded = [environment.single.ask(question) for question in run.pool[:_UNLOADED]]
    run.say(f"warm; a single question takes {sorted(unloaded)[_UNLOADED // 2]:.2f} s")
    # The questions so far count in the quota and in the ledger for a minute.
    run.wait(MINUTE + 2)
    run.await_window()
    during: list[float] = []

    def ask_single_questions() -> None:
        for question in run.pool[:_DURING]:
            during.append(environment.single.ask(question))
            run.wait(_BETWEEN)
        seconds = ", ".join(f"{each:.2f}" for each in during)
        run.say(f"during the burst, single questions took {seconds} s")

    counters = environment.stack.upstreams.url if run.uses_stand_in else None
    with Monitor(counters) as monitor:
        begun = time.time()
        environment.burst.submit(run.questions)
        run.say(f"{run.case.questions} questions submitted in {time.time() - begun:.1f} s")
        is_drained = run.await_drained(
            monitor, lambda: not environment.messages(), ask_single_questions
        )
        # The log of an invocation is complete once it has ended.
        run.wait(2.0)
    found = BurstResult(
        run.case,
        datetime.now(UTC).isoformat(timespec="seconds"),
        unloaded=unloaded,
        during=during,
        note="" if is_drained else f"abandoned after {run.time_limit:.0f} s",
    )
    return monitor.complete(_with_jobs(found, environment, begun))


def _warm_up(run: Run, environment: BurstEnvironment) -> None:
    """Make all workers of both lanes start."""
    environment.burst.submit(corpus.questions(run.pool, CONCURRENCY * _BATCH_SIZE))
    environment.single.ask(run.pool[0])
    while environment.messages():
        run.wait(0.5)


def _with_jobs(found: BurstResult, environment: BurstEnvironment, begun: float) -> BurstResult:
    """Add what the API reports of the burst's jobs."""
    since = datetime.fromtimestamp(begun, UTC)
    jobs = [job for job in environment.burst.jobs() if parse_time(job["created_at"]) >= since]
    by_status = Counter(job["status"] for job in jobs)
    ended = [parse_time(job["finished_at"]) for job in jobs if job["finished_at"]]
    found = replace(
        found,
        completed=by_status["completed"],
        failed=by_status["failed"],
        seconds=(max(ended) - since).total_seconds() if ended else 0.0,
        attempts=max((job["attempts"] for job in jobs), default=0),
    )
    return _with_worker_log(found, environment, begun, {job["id"] for job in jobs})


def _with_worker_log(
    found: BurstResult, environment: BurstEnvironment, begun: float, ids: set[str]
) -> BurstResult:
    """Add the deliveries of the burst's messages: a worker logs one line about each."""
    logged = environment.worker_log(begun)
    reports = [line for text in logged if "message_id" in (line := _parse(text))]
    of_burst = [line for line in reports if line.get("job_id") in ids | {None}]
    return replace(
        found,
        deliveries=dict(Counter(line["message"] for line in of_burst)),
        workers=environment.workers(),
        # The upstream's own counts replace these if it reports them.
        calls=sum("output_tokens" in line or line["message"] == "throttled" for line in reports),
        throttled=sum(line["message"] == "throttled" for line in reports),
        charged=sum(_charge(line, found.case.burndown) for line in reports),
    )


def _parse(text: str) -> dict[str, Any]:
    """A line of the log in JSON; empty if it is not one of the service's."""
    found = json.loads(text) if text.startswith("{") else {}
    return found if "message" in found else {}


def _charge(line: dict[str, Any], burndown: int) -> float:
    return float(line.get("input_tokens", 0) + line.get("output_tokens", 0) * burndown)
