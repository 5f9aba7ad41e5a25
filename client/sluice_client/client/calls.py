"""Calls: the calls of the service's API, each as a procedure.

The service's routes are listed here, except the one for tickets (`live/reconnection.py`). `Sluice`
and `AsyncSluice` offer the same calls to blocking and to asynchronous callers.
"""

import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Unpack

from sluice_client.api.batch import Batch
from sluice_client.api.job import JOB_ID, Job
from sluice_client.api.page import JobPage
from sluice_client.api.question import BatchQuestion, Details
from sluice_client.live.polling import LONGEST_HOLD, JobPoller, read_job
from sluice_client.live.subscription import Subscription
from sluice_client.transport.clock import Deadline, TimeSource
from sluice_client.transport.http import HttpApi, Reply
from sluice_client.transport.operations import Emit, Procedure

#: Called with a job each time it has changed.
OnChange = Callable[[Job], None]


class Calls:
    """The calls of one service. `websocket_url`: None to poll."""

    def __init__(self, api: HttpApi, clock: TimeSource, websocket_url: str | None) -> None:
        self._api = api
        self._clock = clock
        self._websocket_url = websocket_url

    @property
    def url(self) -> str:
        """The service's address."""
        return self._api.url

    def submit(self, question: str, **details: Unpack[Details]) -> Procedure[Job]:
        """Submit a question and return its job."""
        key = details.pop("idempotency_key", None)
        reply = yield from self._post("/jobs", {"question": question, **_given(details)}, key)
        return read_job(self._api, reply.body)

    def submit_batch(
        self, questions: Iterable[BatchQuestion], idempotency_key: str | None
    ) -> Procedure[Batch]:
        """Submit questions, all or none, and return their batch."""
        body = {"questions": [_given(question) for question in questions]}
        reply = yield from self._post("/batches", body, idempotency_key)
        return self._batch(reply)

    def batch(self, batch_id: str) -> Procedure[Batch]:
        """Return the batch as it is now."""
        path = f"/batches/{checked_id(batch_id, 'batch')}"
        return self._batch((yield from self._api.call("GET", path)))

    def job(self, job_id: str, wait: int | None) -> Procedure[Job]:
        """Return the job as it is now, or wait up to `wait` seconds (at most 20) for its end."""
        hold = min(wait or 0, LONGEST_HOLD)
        reply = yield from self._api.call(
            "GET", f"/jobs/{checked_id(job_id)}", params={"wait": hold} if hold > 0 else None
        )
        return read_job(self._api, reply.body)

    def jobs(
        self,
        status: str | None,
        limit: int | None,
        cursor: str | None,
        batch_id: str | None,
    ) -> Procedure[JobPage]:
        """Return a page of the caller's jobs."""
        params = _given({"status": status, "batch_id": batch_id, "limit": limit, "cursor": cursor})
        reply = yield from self._api.call("GET", "/jobs", params=params)
        return JobPage.from_json(reply.body)

    def all_jobs(
        self, status: str | None, page_size: int | None, batch_id: str | None
    ) -> Procedure[None]:
        """Emit every job of the caller, newest first; each page is fetched when it is reached."""
        cursor = None
        while True:
            page = yield from self.jobs(status, page_size, cursor, batch_id)
            for job in page.jobs:
                yield Emit(job)
            cursor = page.next_cursor
            if cursor is None:
                return

    def wait(
        self, job_id: str, timeout: float | None, *, every_change: bool, seen: Job | None = None
    ) -> Procedure[Job]:
        """Emit the job at each change, and return it once it is finished."""
        poller = JobPoller(
            self._api, self._clock, checked_id(job_id), every_change=every_change, seen=seen
        )
        return (yield from poller.until_finished(timeout))

    def ask(
        self,
        question: str,
        timeout: float | None,
        *,
        every_change: bool,
        **details: Unpack[Details],
    ) -> Procedure[Job]:
        """Submit and wait."""
        deadline = Deadline(self._clock, timeout)
        job = yield from self.submit(question, **details)
        yield Emit(job)
        if job.finished:
            return job
        left = None if timeout is None else deadline.remaining()
        return (yield from self.wait(job.id, left, every_change=every_change, seen=job))

    def watch(self, jobs: Mapping[str, Job | None], timeout: float | None) -> Procedure[None]:
        """Emit the events of the jobs, given with their last known state, until all have ended."""
        subscription = self._subscription(timeout)
        for job_id, seen in jobs.items():
            yield from subscription.follow(job_id, seen)
        yield from subscription.events()

    def stream(
        self, question: str, timeout: float | None, **details: Unpack[Details]
    ) -> Procedure[None]:
        """Submit a question, and emit the events of its job."""
        subscription = self._subscription(timeout)
        yield from subscription.connect_early()
        job = yield from self.submit(question, **details)
        yield from subscription.follow(job.id, job)
        yield from subscription.events()

    def _post(self, path: str, body: Mapping[str, Any], key: str | None) -> Procedure[Reply]:
        # One key for all retries: a lost response must not lead to a second job.
        headers = {"idempotency-key": key or str(uuid.uuid4())}
        return (yield from self._api.call("POST", path, headers=headers, body=body))

    def _batch(self, reply: Reply) -> Batch:
        batch = Batch.from_json(reply.body, reply.retry_after)
        if not JOB_ID.fullmatch(batch.id):
            raise self._api.not_sluice("the response is not a batch")
        return batch

    def _subscription(self, timeout: float | None) -> Subscription:
        return Subscription(self._api, self._clock, self._websocket_url, timeout)


def checked_id(given: str, what: str = "job") -> str:
    """Return the id. Raises ValueError when it is not valid."""
    if not JOB_ID.fullmatch(given):
        raise ValueError(f"{given!r} is not a {what} id")
    return given


def checked_jobs(jobs: Iterable[str | Job]) -> dict[str, Job | None]:
    """Return the jobs by id, each once. Raises ValueError for an invalid id."""
    known: dict[str, Job | None] = {}
    for job in jobs:
        if isinstance(job, Job):
            known[checked_id(job.id)] = job
        else:
            known.setdefault(checked_id(job))
    return known


def _given(details: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in details.items() if value is not None}
