"""Sluice: the service, as a Python object.

Each method makes one call of the service's API, or several. All errors are those of
`api/errors.py`, except ValueError for an argument that can never be valid.
"""

from collections.abc import Generator, Iterable, Iterator
from types import TracebackType
from typing import Self, Unpack

import httpx

from sluice_client.api.batch import Batch
from sluice_client.api.events import Event
from sluice_client.api.job import Job
from sluice_client.api.page import JobPage
from sluice_client.api.question import BatchQuestion, Details
from sluice_client.client.calls import Calls, OnChange, checked_jobs
from sluice_client.transport.clock import Clock, SystemClock
from sluice_client.transport.endpoint import Endpoint
from sluice_client.transport.http import HttpApi
from sluice_client.transport.retry import Retry
from sluice_client.transport.sync_transport import SyncTransport


class Sluice:
    """A client of the service; `with Sluice() as sluice:` closes its connections at the end.

    `url`, `api_key` and `websocket_url` are looked up as `transport/endpoint.py` describes.
    `timeout`: seconds to wait for the response to one request. `retry`: the bounds of retrying.
    `transport` and `clock` replace the network and the machine's clock, for tests.

    Raises NotConfigured.
    """

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        *,
        websocket_url: str | None = None,
        timeout: float = 30.0,
        retry: Retry | None = None,
        transport: httpx.BaseTransport | None = None,
        clock: Clock | None = None,
    ) -> None:
        clock = clock or SystemClock()
        endpoint = Endpoint.discover(url, api_key, websocket_url)
        api = HttpApi(endpoint.url, timeout=timeout, retry=retry or Retry(), clock=clock)
        self._calls = Calls(api, clock, endpoint.websocket_url)
        self._transport = SyncTransport(endpoint, clock, transport)

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
        self._transport.close()

    @property
    def url(self) -> str:
        """The service's address."""
        return self._calls.url

    def submit(self, question: str, **details: Unpack[Details]) -> Job:
        """Submit a question and return its job, usually still queued. Options: see Details."""
        return self._transport.run(self._calls.submit(question, **details))

    def job(self, job_id: str, wait: int | None = None) -> Job:
        """Return the job as it is now.

        `wait`: seconds (1 to 20) to wait for the end of the job first.
        """
        return self._transport.run(self._calls.job(job_id, wait))

    def submit_batch(
        self, questions: Iterable[BatchQuestion], idempotency_key: str | None = None
    ) -> Batch:
        """Submit 1 to 100 questions, all or none, and return their batch.

        Same key and same questions within 24 hours: the same batch. None: a random key.
        """
        return self._transport.run(self._calls.submit_batch(questions, idempotency_key))

    def batch(self, batch_id: str) -> Batch:
        """Return the batch as it is now; the jobs themselves are in `jobs(batch_id=...)`."""
        return self._transport.run(self._calls.batch(batch_id))

    def jobs(
        self,
        status: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        batch_id: str | None = None,
    ) -> JobPage:
        """Return a page of the caller's jobs, or of those of one batch, newest first.

        `cursor`: next_cursor of the previous page; None: the first page.
        """
        return self._transport.run(self._calls.jobs(status, limit, cursor, batch_id))

    def all_jobs(
        self,
        status: str | None = None,
        page_size: int | None = None,
        batch_id: str | None = None,
    ) -> Iterator[Job]:
        """Yield every job of the caller or of one batch, newest first, page after page."""
        return self._transport.stream(self._calls.all_jobs(status, page_size, batch_id))

    def wait(
        self,
        job_id: str,
        timeout: float | None = None,
        on_change: OnChange | None = None,
    ) -> Job:
        """Return the job once it is finished: completed, failed or cancelled.

        `timeout`: seconds after which WaitTimeout is raised; None waits as long as it takes.
        `on_change` is called with the job as first seen, and at each change.
        """
        procedure = self._calls.wait(job_id, timeout, every_change=on_change is not None)
        return self._transport.run(procedure, on_change)

    def ask(
        self,
        question: str,
        *,
        timeout: float | None = None,
        on_change: OnChange | None = None,
        **details: Unpack[Details],
    ) -> Job:
        """Submit and wait. A failed job is returned too: check its status."""
        procedure = self._calls.ask(
            question, timeout, every_change=on_change is not None, **details
        )
        return self._transport.run(procedure, on_change)

    def watch(self, *jobs: str | Job, timeout: float | None = None) -> Generator[Event, None, None]:
        """Yield the events of the jobs, given by id or as last seen, until all have ended.

        `api/events.py` lists the events and their order. They arrive over the WebSocket, or by
        polling where there is none. Closing the generator closes the socket.

        `timeout`: as for `wait`. Raises Refused when one of the jobs is not the caller's.
        """
        return self._transport.stream(self._calls.watch(checked_jobs(jobs), timeout))

    def stream(
        self, question: str, *, timeout: float | None = None, **details: Unpack[Details]
    ) -> Generator[Event, None, None]:
        """Submit when iteration begins, and yield the events of the job, as `watch` does."""
        return self._transport.stream(self._calls.stream(question, timeout, **details))
