"""Calls: what can be asked of the service, each as a walk through steps.

The one place that knows the service's routes, but for the ticket's; `Sluice` and `AsyncSluice`
put the same calls before blocking and asynchronous callers.
"""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any, Unpack

from sluice_client.api.batch import Batch
from sluice_client.api.job import JOB_ID, Job
from sluice_client.api.page import JobPage
from sluice_client.api.question import BatchQuestion, Details
from sluice_client.live.subscription import Subscription
from sluice_client.live.watch import LONGEST_HOLD, Watch, read_job
from sluice_client.transport.clock import Deadline, Timepiece
from sluice_client.transport.http import Connection, Reply
from sluice_client.transport.operations import Steps, Tell


class Calls:
    """The service's calls, over one connection. `websocket_url`: None to poll."""

    def __init__(self, connection: Connection, clock: Timepiece, websocket_url: str | None) -> None:
        self._connection = connection
        self._clock = clock
        self._websocket_url = websocket_url

    @property
    def url(self) -> str:
        """The service's address."""
        return self._connection.url

    def submit(self, question: str, **details: Unpack[Details]) -> Steps[Job]:
        """Hand in a question; the outcome is its job."""
        key = details.pop("idempotency_key", None)
        reply = yield from self._post("/jobs", {"question": question, **_given(details)}, key)
        return read_job(self._connection, reply.body)

    def submit_batch(
        self, questions: Iterable[BatchQuestion], idempotency_key: str | None
    ) -> Steps[Batch]:
        """Hand in questions, all or none; the outcome is their batch."""
        body = {"questions": [_given(question) for question in questions]}
        reply = yield from self._post("/batches", body, idempotency_key)
        return self._batch(reply)

    def batch(self, batch_id: str) -> Steps[Batch]:
        """Get the batch as it is."""
        path = f"/batches/{checked_id(batch_id, 'batch')}"
        return self._batch((yield from self._connection.call("GET", path)))

    def job(self, job_id: str, wait: int | None) -> Steps[Job]:
        """Get the job as it is, or held for `wait` seconds (at most 20) until it ends."""
        hold = min(wait or 0, LONGEST_HOLD)
        reply = yield from self._connection.call(
            "GET", f"/jobs/{checked_id(job_id)}", params={"wait": hold} if hold > 0 else None
        )
        return read_job(self._connection, reply.body)

    def jobs(
        self,
        status: str | None,
        limit: int | None,
        cursor: str | None,
        batch_id: str | None,
    ) -> Steps[JobPage]:
        """Get a page of the caller's jobs."""
        params = _given({"status": status, "batch_id": batch_id, "limit": limit, "cursor": cursor})
        reply = yield from self._connection.call("GET", "/jobs", params=params)
        return JobPage.from_json(reply.body)

    def all_jobs(
        self, status: str | None, page_size: int | None, batch_id: str | None
    ) -> Steps[None]:
        """Tell every job of the caller, newest first, fetching pages as they are needed."""
        cursor = None
        while True:
            page = yield from self.jobs(status, page_size, cursor, batch_id)
            for job in page.jobs:
                yield Tell(job)
            cursor = page.next_cursor
            if cursor is None:
                return

    def wait(
        self, job_id: str, timeout: float | None, *, closely: bool, seen: Job | None = None
    ) -> Steps[Job]:
        """Tell the job at each change; the outcome is the finished one."""
        watch = Watch(self._connection, self._clock, checked_id(job_id), closely=closely, seen=seen)
        return (yield from watch.until_finished(timeout))

    def ask(
        self, question: str, timeout: float | None, *, closely: bool, **details: Unpack[Details]
    ) -> Steps[Job]:
        """Submit and wait."""
        deadline = Deadline(self._clock, timeout)
        job = yield from self.submit(question, **details)
        yield Tell(job)
        if job.finished:
            return job
        left = None if timeout is None else deadline.remaining()
        return (yield from self.wait(job.id, left, closely=closely, seen=job))

    def watch(self, jobs: Mapping[str, Job | None], timeout: float | None) -> Steps[None]:
        """Tell the events of the jobs, some as last seen, until each has ended."""
        subscription = self._subscription(timeout)
        for job_id, seen in jobs.items():
            yield from subscription.follow(job_id, seen)
        yield from subscription.events()

    def stream(
        self, question: str, timeout: float | None, **details: Unpack[Details]
    ) -> Steps[None]:
        """Submit and tell the events of the job."""
        subscription = self._subscription(timeout)
        yield from subscription.connect_early()
        job = yield from self.submit(question, **details)
        yield from subscription.follow(job.id, job)
        yield from subscription.events()

    def _post(self, path: str, body: Mapping[str, Any], key: str | None) -> Steps[Reply]:
        # Made once for all retries: an answer that got lost must not become a second job.
        headers = {"idempotency-key": key or str(uuid.uuid4())}
        return (yield from self._connection.call("POST", path, headers=headers, body=body))

    def _batch(self, reply: Reply) -> Batch:
        batch = Batch.from_json(reply.body, reply.retry_after)
        if not JOB_ID.fullmatch(batch.id):
            raise self._connection.not_sluice("its answer is not a batch")
        return batch

    def _subscription(self, timeout: float | None) -> Subscription:
        return Subscription(self._connection, self._clock, self._websocket_url, timeout)


def checked_id(given: str, what: str = "job") -> str:
    """Return the id. Raises ValueError when it can be none."""
    if not JOB_ID.fullmatch(given):
        raise ValueError(f"{given!r} is not a {what} id")
    return given


def checked_jobs(jobs: Iterable[str | Job]) -> dict[str, Job | None]:
    """Return the jobs by id, each once. Raises ValueError for an id that can be none."""
    known: dict[str, Job | None] = {}
    for job in jobs:
        if isinstance(job, Job):
            known[checked_id(job.id)] = job
        else:
            known.setdefault(checked_id(job))
    return known


def _given(details: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in details.items() if value is not None}
