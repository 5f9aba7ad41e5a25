"""Sluice answers a burst: the deployed handlers on the local stack, warm."""

import json
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bench.burst import corpus
from bench.burst.caller import moment
from bench.burst.outcome import Outcome
from bench.burst.run import Run
from bench.burst.site import CONCURRENCY, Site, site
from bench.burst.watch import Watch
from local.quota import MINUTE

#: Questions of one caller while nobody else asks, and amid another caller's burst.
_UNLOADED, _AMID = 7, 5
#: Seconds between two of the latter.
_BETWEEN = 2.0
#: Seconds that all before the burst takes, about.
OVERHEAD = 100.0
#: Jobs that one worker works on at a time.
_BATCH_SIZE = 10


def answer(run: Run) -> Outcome:
    """Run the case. Raises what starting the stack raises."""
    with ExitStack() as running:
        with run.starting:
            here = running.enter_context(site(run))
        return _measure(run, here)


def _measure(run: Run, here: Site) -> Outcome:
    _warm_up(run, here)
    unloaded = [here.asker.ask(question) for question in run.asked[:_UNLOADED]]
    run.say(f"warm; a question alone takes {sorted(unloaded)[_UNLOADED // 2]:.2f} s")
    # What was asked so far counts in the quota, and in our ledger, for a minute.
    run.wait(MINUTE + 2)
    run.await_window()
    amid: list[float] = []

    def ask_amid() -> None:
        for question in run.asked[:_AMID]:
            amid.append(here.asker.ask(question))
            run.wait(_BETWEEN)
        run.say(f"amid the burst a question took {', '.join(f'{one:.2f}' for one in amid)} s")

    with Watch(here.stack.upstreams.url if run.is_ours else None) as watch:
        begun = time.time()
        here.burst.submit(run.questions)
        run.say(f"{run.case.questions} questions submitted in {time.time() - begun:.1f} s")
        is_drained = run.await_drained(watch, lambda: not here.messages(), ask_amid)
        # What an invocation logs is there once it has ended.
        run.wait(2.0)
    found = Outcome(
        run.case,
        datetime.now(UTC).isoformat(timespec="seconds"),
        unloaded=unloaded,
        amid=amid,
        note="" if is_drained else f"not waited for after {run.longest:.0f} s",
    )
    return watch.told(_as_jobs_tell(found, here, begun))


def _warm_up(run: Run, here: Site) -> None:
    """Let both lanes' workers start, all of them."""
    here.burst.submit(corpus.questions(run.asked, CONCURRENCY * _BATCH_SIZE))
    here.asker.ask(run.asked[0])
    while here.messages():
        run.wait(0.5)


def _as_jobs_tell(found: Outcome, here: Site, begun: float) -> Outcome:
    """With what became of the burst's jobs, by the service's own word."""
    since = datetime.fromtimestamp(begun, UTC)
    jobs = [job for job in here.burst.jobs() if moment(job["created_at"]) >= since]
    by_status = Counter(job["status"] for job in jobs)
    ended = [moment(job["finished_at"]) for job in jobs if job["finished_at"]]
    found = replace(
        found,
        completed=by_status["completed"],
        failed=by_status["failed"],
        seconds=(max(ended) - since).total_seconds() if ended else 0.0,
        attempts=max((job["attempts"] for job in jobs), default=0),
    )
    return _as_workers_tell(found, here, begun, {job["id"] for job in jobs})


def _as_workers_tell(found: Outcome, here: Site, begun: float, ids: set[str]) -> Outcome:
    """With the deliveries of the burst's messages: a worker logs one line about each."""
    events = here.worker_log(begun)
    reports = [line for event in events if "message_id" in (line := _line(event["message"]))]
    ours = [line for line in reports if line.get("job_id") in ids | {None}]
    return replace(
        found,
        deliveries=dict(Counter(line["message"] for line in ours)),
        workers=here.workers(),
        # Until the upstream tells better.
        calls=sum("output_tokens" in line or line["message"] == "throttled" for line in reports),
        throttled=sum(line["message"] == "throttled" for line in reports),
        charged=sum(_charge(line, found.case.burndown) for line in reports),
    )


def _line(text: str) -> dict[str, Any]:
    """A line of the log, if it is one of ours."""
    found = json.loads(text) if text.startswith("{") else {}
    return found if "message" in found else {}


def _charge(line: dict[str, Any], burndown: int) -> float:
    return float(line.get("input_tokens", 0) + line.get("output_tokens", 0) * burndown)
