"""Checks of two invariants at the end: no accepted job is lost, and nothing is made twice."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bench.chaos.load_generator import LoadGenerator
from bench.chaos.observations import FINAL
from bench.chaos.plan import Plan


def lost(accepted: Iterable[str], jobs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Accepted jobs that no longer exist, and jobs that have not ended."""
    stored = {job["id"]: job["status"] for job in jobs}
    gone = [f"{job_id} is gone" for job_id in accepted if job_id not in stored]
    stuck = [f"{job_id} is {status}" for job_id, status in stored.items() if status not in FINAL]
    return gone + stuck


def made_twice(load: LoadGenerator, plan: Plan, jobs: Iterable[Mapping[str, Any]]) -> list[str]:
    """Idempotency keys under which more than one thing was made, accepted or not."""
    found = [f"{key} made {len(made)}" for key, made in load.made.items() if len(made) > 1]
    # A retry is a new job with the metadata of the failed one.
    retries = Counter(
        load.accepted[key.removeprefix("retry ")].name
        for key in load.made
        if key.startswith("retry ")
    )
    keyed = [ask.name for order in plan.orders if order.key for ask in order.asks]
    stored = Counter(job["metadata"]["name"] for job in jobs)
    found += [
        f"{name} is stored {stored[name]} times"
        for name in keyed
        if stored[name] != 1 + retries[name]
    ]
    return found
