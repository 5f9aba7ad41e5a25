"""AsyncSluice: Sluice for an event loop. It has the same calls, rules and errors."""

from collections.abc import AsyncGenerator, Iterable
from types import TracebackType
from typing import Self, Unpack

import httpx

from sluice_client.api.batch import Batch
from sluice_client.api.events import Event
from sluice_client.api.job import Job
from sluice_client.api.page import JobPage
from sluice_client.api.question import BatchQuestion, Details
from sluice_client.client.calls import Calls, OnChange, checked_jobs
from sluice_client.transport.async_transport import AsyncTransport
from sluice_client.transport.clock import AsyncClock, AsyncSystemClock
from sluice_client.transport.endpoint import Endpoint
from sluice_client.transport.http import HttpApi
from sluice_client.transport.retry import Retry


class AsyncSluice:
    """A client of the service; `async with AsyncSluice() as sluice:` closes its connections.

    Arguments and methods are those of Sluice, and are documented there. Results are awaited;
    iterators are used with `async for`.
    """

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        *,
        websocket_url: str | None = None,
        timeout: float = 30.0,
        retry: Retry | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: AsyncClock | None = None,
    ) -> None:
        clock = clock or AsyncSystemClock()
        endpoint = Endpoint.discover(url, api_key, websocket_url)
        api = HttpApi(endpoint.url, timeout=timeout, retry=retry or Retry(), clock=clock)
        self._calls = Calls(api, clock, endpoint.websocket_url)
        self._transport = AsyncTransport(endpoint, clock, transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    @property
    def url(self) -> str:
        """The service's address."""
        return self._calls.url

    async def submit(self, question: str, **details: Unpack[Details]) -> Job:
        """Submit a question and return its job, usually still queued."""
        return await self._transport.run(self._calls.submit(question, **details))

    async def job(self, job_id: str, wait: int | None = None) -> Job:
        """Return the job as it is now, or wait up to `wait` seconds (1 to 20) for its end."""
        return await self._transport.run(self._calls.job(job_id, wait))

    async def submit_batch(
        self, questions: Iterable[BatchQuestion], idempotency_key: str | None = None
    ) -> Batch:
        """Submit 1 to 100 questions, all or none, and return their batch."""
        return await self._transport.run(self._calls.submit_batch(questions, idempotency_key))

    async def batch(self, batch_id: str) -> Batch:
        """Return the batch as it is now."""
        return await self._transport.run(self._calls.batch(batch_id))

    async def jobs(
        self,
        status: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        batch_id: str | None = None,
    ) -> JobPage:
        """Return a page of the caller's jobs, or of those of one batch, newest first."""
        return await self._transport.run(self._calls.jobs(status, limit, cursor, batch_id))

    def all_jobs(
        self,
        status: str | None = None,
        page_size: int | None = None,
        batch_id: str | None = None,
    ) -> AsyncGenerator[Job, None]:
        """Yield every job of the caller or of one batch, newest first."""
        return self._transport.stream(self._calls.all_jobs(status, page_size, batch_id))

    async def wait(
        self, job_id: str, timeout: float | None = None, on_change: OnChange | None = None
    ) -> Job:
        """Return the job once it is finished."""
        procedure = self._calls.wait(job_id, timeout, every_change=on_change is not None)
        return await self._transport.run(procedure, on_change)

    async def ask(
        self,
        question: str,
        *,
        timeout: float | None = None,
        on_change: OnChange | None = None,
        **details: Unpack[Details],
    ) -> Job:
        """Submit and wait."""
        procedure = self._calls.ask(
            question, timeout, every_change=on_change is not None, **details
        )
        return await self._transport.run(procedure, on_change)

    def watch(self, *jobs: str | Job, timeout: float | None = None) -> AsyncGenerator[Event, None]:
        """Yield the events of the jobs until all have ended."""
        return self._transport.stream(self._calls.watch(checked_jobs(jobs), timeout))

    def stream(
        self, question: str, *, timeout: float | None = None, **details: Unpack[Details]
    ) -> AsyncGenerator[Event, None]:
        """Submit when iteration begins, and yield the events of the job."""
        return self._transport.stream(self._calls.stream(question, timeout, **details))
