"""Those who use the service: they submit, watch, cancel, ask again, and look at everything."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

import httpx

from bench.chaos.caller import Caller
from bench.chaos.plan import WATCHERS, Ask, Order, Way
from bench.chaos.seen import FINAL, Seen
from bench.chaos.timetable import Timetable
from bench.chaos.watcher import Watcher

#: Seconds between looks at all jobs, and jobs that are looked at one by one each time.
_LOOK_EVERY, _SINGLY = 2.0, 25


class Crowd:
    """One caller with many hands. `timetable` gets what there is to do later."""

    def __init__(
        self,
        caller: Caller,
        socket_url: Callable[[], str],
        timetable: Timetable,
        longest: float,
        ended: threading.Event,
    ) -> None:
        self._caller = caller
        self._timetable = timetable
        self._longest = longest
        self._guard = threading.Lock()
        self.seen = Seen()
        self.watchers = [Watcher(socket_url, self.seen, ended) for _ in range(WATCHERS)]
        #: What was confirmed, in that order.
        self.accepted: dict[str, Ask] = {}
        self._batches: set[str] = set()
        #: Everything that was made under one key.
        self.made: dict[str, set[str]] = {}
        self.counts: Counter[str] = Counter()
        self._retried: set[str] = set()
        #: Requests under way that submit something.
        self.submitting = 0
        #: Told at each look: jobs accepted, ended, open.
        self.on_look: Callable[[int, int, int], None] = lambda *_: None
        #: When a look first found nothing open and nothing to do, in the timetable's seconds.
        self.quiet_at: float | None = None

    def submit(self, order: Order) -> None:
        """Submit an order, its key as often at once as it says."""
        if order.way is Way.SOCKET:
            self._ask_by_socket(order.asks[0])
            return
        with ThreadPoolExecutor(order.times) as pool:
            answers = list(pool.map(self._post, [order] * order.times))
        if order.times > 1:
            self.counts["doubled requests"] += order.times
        ids = answers[0]
        for job_id, ask in zip(ids, order.asks, strict=True):
            self._accept(job_id, ask)

    def repeat(self, order: Order) -> None:
        """Submit an order once more, long after."""
        self._post(order)
        self.counts["doubled requests"] += 1

    def look(self) -> None:
        """Look at all jobs, and again later until nothing is open or left to do."""
        is_last = self._timetable.left == 1
        jobs = self.all_jobs()
        retries = [job["id"] for job in jobs if self._is_to_retry(job)]
        for job_id in retries:
            self._timetable.after(0, partial(self._retry, job_id))
        is_open = [job for job in jobs if job["status"] not in FINAL]
        self._look_closely(is_open)
        self.on_look(len(self.accepted), len(jobs) - len(is_open), len(is_open))
        if is_last and not is_open and not retries:
            self.quiet_at = self._timetable.now
        elif self._timetable.now < self._longest:
            self._timetable.after(_LOOK_EVERY, self.look)

    def all_jobs(self) -> list[dict[str, Any]]:
        """Every job there is, newest first, but for the one that warmed the service up."""
        asked_at = time.monotonic()
        jobs = [job for job in self._caller.jobs() if job["metadata"]]
        for job in jobs:
            self.seen.look(job, asked_at)
        return jobs

    def _look_closely(self, jobs: list[dict[str, Any]]) -> None:
        """As callers do who wait for these jobs: it helps on what was forgotten."""
        for batch_id in {job["batch_id"] for job in jobs} - {None}:
            # One that died before it was confirmed may not be there yet.
            self._caller.call("GET", f"/batches/{batch_id}")
        singly = [job["id"] for job in jobs if not job["batch_id"]]
        for job_id in singly[-_SINGLY:]:
            asked_at = time.monotonic()
            answer = self._caller.call("GET", f"/jobs/{job_id}")
            self.seen.look(answer.raise_for_status().json(), asked_at)

    def _post(self, order: Order) -> list[str]:
        """Submit by HTTP; the jobs' ids."""
        headers = {"idempotency-key": order.key} if order.key else {}
        if order.way is Way.BATCH:
            questions = [_body(ask) | {"custom_id": ask.name} for ask in order.asks]
            answer = self._submit("/batches", {"questions": questions}, headers)
            batch = answer.raise_for_status().json()
            ids = [job["id"] for job in batch["jobs"]]
            made = " ".join([batch["id"], *ids])
        else:
            answer = self._submit("/jobs", _body(order.asks[0]), headers)
            made = answer.raise_for_status().json()["id"]
            ids = [made]
        self._note(order.key, made)
        return ids

    def _submit(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> httpx.Response:
        with self._guard:
            self.submitting += 1
        try:
            return self._caller.call("POST", path, body, headers)
        finally:
            with self._guard:
                self.submitting -= 1

    def _ask_by_socket(self, ask: Ask) -> None:
        watcher = self.watchers[ask.watcher or 0]
        if job_id := watcher.ask(ask.name, _body(ask)):
            self._accept(job_id, replace(ask, watcher=None))
        else:
            self.counts["asked by socket, not heard"] += 1

    def _accept(self, job_id: str, ask: Ask) -> None:
        with self._guard:
            self.accepted[job_id] = ask
        if ask.watcher is not None:
            self.watchers[ask.watcher].watch(job_id)
        if ask.cancel_after is not None:
            self._timetable.after(ask.cancel_after, partial(self._cancel, job_id))

    def _cancel(self, job_id: str) -> None:
        asked_at = time.monotonic()
        answer = self._caller.call("POST", f"/jobs/{job_id}/cancel")
        self.counts[f"cancel answered {answer.status_code}"] += 1
        if answer.status_code != 409:
            self.seen.look(answer.raise_for_status().json(), asked_at)

    def _is_to_retry(self, job: dict[str, Any]) -> bool:
        ask = self.accepted.get(job["id"])
        if job["status"] != "failed" or not ask or not ask.is_retried:
            return False
        if job["id"] in self._retried:
            return False
        self._retried.add(job["id"])
        return True

    def _retry(self, job_id: str) -> None:
        """Ask a failed job again, twice at the same instant."""

        def post(_: int) -> str:
            answer = self._caller.call("POST", f"/jobs/{job_id}/retry")
            new_id: str = answer.raise_for_status().json()["id"]
            self._note(f"retry {job_id}", new_id)
            return new_id

        with ThreadPoolExecutor(2) as pool:
            new_id, _ = pool.map(post, range(2))
        self.counts["retried"] += 1
        # Once is enough.
        ask = replace(self.accepted[job_id], is_retried=False, cancel_after=None)
        self._accept(new_id, ask)

    def _note(self, key: str | None, made: str) -> None:
        if key:
            with self._guard:
                self.made.setdefault(key, set()).add(made)


def _body(ask: Ask) -> dict[str, Any]:
    wishes = {"lane": ask.lane, "max_wait_seconds": ask.max_wait}
    given = {name: value for name, value in wishes.items() if value is not None}
    return {"question": ask.question, "metadata": {"name": ask.name}, **given}
