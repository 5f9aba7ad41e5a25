"""Which jobs were lost, and what was made twice, by all that callers know in the end."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bench.chaos.crowd import Crowd
from bench.chaos.plan import Plan
from bench.chaos.seen import FINAL


def lost(accepted: Iterable[str], jobs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Jobs that were confirmed and are gone, or were stored and have not ended."""
    stored = {job["id"]: job["status"] for job in jobs}
    gone = [f"{job_id} is gone" for job_id in accepted if job_id not in stored]
    stuck = [f"{job_id} is {status}" for job_id, status in stored.items() if status not in FINAL]
    return gone + stuck


def made_twice(crowd: Crowd, plan: Plan, jobs: Iterable[Mapping[str, Any]]) -> list[str]:
    """Keys under which more than one thing was made, confirmed to their caller or not."""
    found = [f"{key} made {len(made)}" for key, made in crowd.made.items() if len(made) > 1]
    # A retry is a job of its own, with the metadata of the one that failed.
    retries = Counter(
        crowd.accepted[key.removeprefix("retry ")].name
        for key in crowd.made
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
