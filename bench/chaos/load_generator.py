"""The load: one caller that submits, watches, cancels and retries jobs, and polls all of them."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

import httpx

from bench.chaos.api_client import RetryingClient
from bench.chaos.observations import FINAL, Observations
from bench.chaos.plan import WATCHERS, Ask, Order, Way
from bench.chaos.schedule import Schedule
from bench.chaos.watcher import Watcher

#: Seconds between polls of all jobs, and the jobs that each poll also reads one by one.
_POLL_EVERY, _ONE_BY_ONE = 2.0, 25


class LoadGenerator:
    """Executes a plan's orders as one caller, in many threads. Later steps go to `schedule`."""

    def __init__(
        self,
        client: RetryingClient,
        socket_url: Callable[[], str],
        schedule: Schedule,
        longest: float,
        ended: threading.Event,
    ) -> None:
        self._client = client
        self._schedule = schedule
        self._longest = longest
        self._guard = threading.Lock()
        self.observations = Observations()
        self.watchers = [Watcher(socket_url, self.observations, ended) for _ in range(WATCHERS)]
        #: Accepted questions by the ids of their jobs, in the order of acceptance.
        self.accepted: dict[str, Ask] = {}
        self._batches: set[str] = set()
        #: All ids that were returned for an idempotency key.
        self.made: dict[str, set[str]] = {}
        self.counts: Counter[str] = Counter()
        self._retried: set[str] = set()
        #: Running requests that submit something.
        self.submitting = 0
        #: Called at each poll with the numbers of jobs accepted, ended, open.
        self.on_poll: Callable[[int, int, int], None] = lambda *_: None
        #: When a poll first found no open job and no task left, in seconds of the schedule.
        self.idle_at: float | None = None

    def submit(self, order: Order) -> None:
        """Send the request of an order, `order.times` times at once."""
        if order.way is Way.SOCKET:
            self._ask_by_socket(order.asks[0])
            return
        with ThreadPoolExecutor(order.times) as pool:
            ids, *_ = pool.map(self._post, [order] * order.times)
        if order.times > 1:
            self.counts["doubled requests"] += order.times
        for job_id, ask in zip(ids, order.asks, strict=True):
            self._accept(job_id, ask)

    def repeat(self, order: Order) -> None:
        """Send the request of an order again, after all jobs have ended."""
        self._post(order)
        self.counts["doubled requests"] += 1

    def poll(self) -> None:
        """Poll all jobs, and again later until no job is open and no task is left."""
        is_last = self._schedule.left == 1
        jobs = self.all_jobs()
        retries = [job["id"] for job in jobs if self._is_to_retry(job)]
        for job_id in retries:
            self._schedule.after(0, partial(self._retry, job_id))
        open_jobs = [job for job in jobs if job["status"] not in FINAL]
        self._read_one_by_one(open_jobs)
        self.on_poll(len(self.accepted), len(jobs) - len(open_jobs), len(open_jobs))
        if is_last and not open_jobs and not retries:
            self.idle_at = self._schedule.now
        elif self._schedule.now < self._longest:
            self._schedule.after(_POLL_EVERY, self.poll)

    def all_jobs(self) -> list[dict[str, Any]]:
        """All jobs, newest first, without the one that warmed up the service."""
        asked_at = time.monotonic()
        jobs = [job for job in self._client.jobs() if job["metadata"]]
        for job in jobs:
            self.observations.look(job, asked_at)
        return jobs

    def _read_one_by_one(self, jobs: list[dict[str, Any]]) -> None:
        """Read batches and single jobs as waiting callers do: that re-sends a lost message."""
        for batch_id in {job["batch_id"] for job in jobs} - {None}:
            # A batch whose submit function was killed may not be stored yet.
            self._client.call("GET", f"/batches/{batch_id}")
        single = [job["id"] for job in jobs if not job["batch_id"]]
        for job_id in single[-_ONE_BY_ONE:]:
            asked_at = time.monotonic()
            response = self._client.call("GET", f"/jobs/{job_id}")
            self.observations.look(response.raise_for_status().json(), asked_at)

    def _post(self, order: Order) -> list[str]:
        """Submit by HTTP; returns the ids of the jobs."""
        headers = {"idempotency-key": order.key} if order.key else {}
        if order.way is Way.BATCH:
            questions = [_body(ask) | {"custom_id": ask.name} for ask in order.asks]
            response = self._submit("/batches", {"questions": questions}, headers)
            batch = response.raise_for_status().json()
            ids = [job["id"] for job in batch["jobs"]]
            made = " ".join([batch["id"], *ids])
        else:
            response = self._submit("/jobs", _body(order.asks[0]), headers)
            made = response.raise_for_status().json()["id"]
            ids = [made]
        self._note(order.key, made)
        return ids

    def _submit(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> httpx.Response:
        with self._guard:
            self.submitting += 1
        try:
            return self._client.call("POST", path, body, headers)
        finally:
            with self._guard:
                self.submitting -= 1

    def _ask_by_socket(self, ask: Ask) -> None:
        watcher = self.watchers[ask.watcher or 0]
        if job_id := watcher.ask(ask.name, _body(ask)):
            self._accept(job_id, replace(ask, watcher=None))
        else:
            self.counts["unanswered"] += 1

    def _accept(self, job_id: str, ask: Ask) -> None:
        with self._guard:
            self.accepted[job_id] = ask
        if ask.watcher is not None:
            self.watchers[ask.watcher].watch(job_id)
        if ask.cancel_after is not None:
            self._schedule.after(ask.cancel_after, partial(self._cancel, job_id))

    def _cancel(self, job_id: str) -> None:
        asked_at = time.monotonic()
        response = self._client.call("POST", f"/jobs/{job_id}/cancel")
        self.counts[f"cancel answered {response.status_code}"] += 1
        if response.status_code != 409:
            self.observations.look(response.raise_for_status().json(), asked_at)

    def _is_to_retry(self, job: dict[str, Any]) -> bool:
        ask = self.accepted.get(job["id"])
        if job["status"] != "failed" or not ask or not ask.is_retried:
            return False
        if job["id"] in self._retried:
            return False
        self._retried.add(job["id"])
        return True

    def _retry(self, job_id: str) -> None:
        """Retry a failed job, with two requests at the same instant."""

        def post(_: int) -> str:
            response = self._client.call("POST", f"/jobs/{job_id}/retry")
            new_id: str = response.raise_for_status().json()["id"]
            self._note(f"retry {job_id}", new_id)
            return new_id

        with ThreadPoolExecutor(2) as pool:
            new_id, _ = pool.map(post, range(2))
        self.counts["retried"] += 1
        # A retry is not retried again.
        ask = replace(self.accepted[job_id], is_retried=False, cancel_after=None)
        self._accept(new_id, ask)

    def _note(self, key: str | None, made: str) -> None:
        if key:
            with self._guard:
                self.made.setdefault(key, set()).add(made)


def _body(ask: Ask) -> dict[str, Any]:
    options = {"lane": ask.lane, "max_wait_seconds": ask.max_wait}
    given = {name: value for name, value in options.items() if value is not None}
    return {"question": ask.question, "metadata": {"name": ask.name}, **given}
