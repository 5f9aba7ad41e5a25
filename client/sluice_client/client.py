"""Sluice: the service, as a Python object.

Each method is one call of the service's API, or a loop over one. Everything here raises the
errors of `errors.py` and nothing else of its own, except ValueError for an argument that can
never be right.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, Self, TypedDict, Unpack

import httpx

from sluice_client.clock import Clock, Deadline, SystemClock
from sluice_client.connection import Connection
from sluice_client.endpoint import Endpoint
from sluice_client.job import JOB_ID, Job
from sluice_client.page import JobPage
from sluice_client.retry import Retry
from sluice_client.watch import LONGEST_HOLD, Watch, read_job

#: Called with a job each time it has changed.
OnChange = Callable[[Job], None]


class Details(TypedDict, total=False):
    """What may go along with a question; what is None is not sent."""

    #: Document attributes: category, version, language, or others the service knows.
    filter: Mapping[str, Any] | None
    #: The job this question follows up on.
    previous_job_id: str | None
    #: "bulk" to let others go first.
    lane: str | None
    #: Cancel the job if it has not started by then.
    max_wait_seconds: float | None
    #: The caller's own notes, returned with the job.
    metadata: Mapping[str, str] | None
    #: Same key and same question: the same job. One is made up when None.
    idempotency_key: str | None


class Sluice:
    """A connection to the service; `with Sluice() as sluice:` closes it at the end.

    `url` and `api_key` are looked for as `endpoint.py` says. `timeout`: seconds to wait for an
    answer to one request. `retry`: the bounds of retrying. `transport` and `clock` take the place
    of the network and the machine's clock, for tests.

    Raises NotConfigured.
    """

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        *,
        timeout: float = 30.0,
        retry: Retry | None = None,
        transport: httpx.BaseTransport | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._clock = clock or SystemClock()
        self._connection = Connection(
            Endpoint.discover(url, api_key),
            timeout=timeout,
            retry=retry or Retry(),
            clock=self._clock,
            transport=transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()

    @property
    def url(self) -> str:
        """The service's address."""
        return self._connection.url

    def submit(self, question: str, **details: Unpack[Details]) -> Job:
        """Hand in a question and return its job, usually still queued. See Details."""
        # Made once for all retries: an answer that got lost must not become a second job.
        key = details.pop("idempotency_key", None) or str(uuid.uuid4())
        given = {name: value for name, value in details.items() if value is not None}
        reply = self._connection.call(
            "POST", "/jobs", headers={"idempotency-key": key}, body={"question": question, **given}
        )
        return read_job(self._connection, reply.body)

    def job(self, job_id: str, wait: int | None = None) -> Job:
        """Return the job as it is now, or with `wait` when it ends, that many seconds (1 to 20)
        later at most.
        """
        hold = min(wait or 0, LONGEST_HOLD)
        reply = self._connection.call(
            "GET",
            f"/jobs/{_checked_id(job_id)}",
            params={"wait": hold} if hold > 0 else None,
        )
        return read_job(self._connection, reply.body)

    def jobs(
        self, status: str | None = None, limit: int | None = None, cursor: str | None = None
    ) -> JobPage:
        """Return a page of the caller's jobs, newest first.

        `cursor` is the next_cursor of the page before; without one it is the first page.
        """
        params: dict[str, str | int] = {}
        if status is not None:
            params["status"] = status
        if limit is not None:
            params["limit"] = limit
        if cursor is not None:
            params["cursor"] = cursor
        return JobPage.from_json(self._connection.call("GET", "/jobs", params=params).body)

    def all_jobs(self, status: str | None = None, page_size: int | None = None) -> Iterator[Job]:
        """Yield every job of the caller, newest first, fetching pages as they are needed."""
        cursor = None
        while True:
            page = self.jobs(status, page_size, cursor)
            yield from page.jobs
            cursor = page.next_cursor
            if cursor is None:
                return

    def wait(
        self,
        job_id: str,
        timeout: float | None = None,
        on_change: OnChange | None = None,
    ) -> Job:
        """Return the job once it is finished: completed, failed or cancelled.

        `timeout`: seconds after which WaitTimeout is raised; None waits as long as it takes.
        `on_change` gets the job as first seen and at each change.
        """
        return self._follow(_checked_id(job_id), None, timeout, on_change)

    def ask(
        self,
        question: str,
        *,
        timeout: float | None = None,
        on_change: OnChange | None = None,
        **details: Unpack[Details],
    ) -> Job:
        """Submit and wait. A job that failed is returned too: look at its status."""
        deadline = Deadline(self._clock, timeout)
        job = self.submit(question, **details)
        if on_change:
            on_change(job)
        left = None if timeout is None else deadline.remaining()
        return job if job.finished else self._follow(job.id, job, left, on_change)

    def _follow(
        self, job_id: str, seen: Job | None, timeout: float | None, on_change: OnChange | None
    ) -> Job:
        closely = on_change is not None
        watch = Watch(self._connection, self._clock, job_id, closely=closely, seen=seen)
        for job in watch.changes(timeout):
            if on_change:
                on_change(job)
        return job


def _checked_id(job_id: str) -> str:
    if not JOB_ID.fullmatch(job_id):
        raise ValueError(f"{job_id!r} is not a job id")
    return job_id
