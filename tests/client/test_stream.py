"""Streams over real sockets, blocking and on an event loop."""

import asyncio
import threading
from contextlib import aclosing, closing
from typing import Any

import httpx
import pytest
from websockets.sync.server import ServerConnection

from sluice_client import (
    AsyncSluice,
    Event,
    Interrupted,
    JobCompleted,
    JobQueued,
    Refused,
    Resumed,
    Sluice,
    TextDelta,
    TextRestarted,
    WaitTimeout,
)
from tests.client.fakes import (
    JOB_ID,
    KEY,
    URL,
    FakeService,
    as_documented,
    job_json,
    problem,
    reply,
)
from tests.client.live_fakes import LiveService, delta, event, live, send, ticket

TEXT = "Lost property is kept for ninety days 😀 [1]. Then it is sold at the harbour."


def rest(request: httpx.Request) -> httpx.Response:
    """Tickets, and jobs that are queued when submitted and completed when asked for."""
    if request.method == "GET":
        return as_documented(request, reply(job_json()))
    if request.url.path.endswith("/tickets"):
        return as_documented(request, ticket())
    return as_documented(request, reply(job_json("queued", attempts=0), 202))


def collect(websocket_url: str | None, timeout: float | None = 30) -> list[Event]:
    with Sluice(
        URL, KEY, websocket_url=websocket_url, transport=httpx.MockTransport(rest)
    ) as sluice:
        return list(sluice.stream("What?", timeout=timeout))


def collect_async(websocket_url: str | None, timeout: float | None = 30) -> list[Event]:
    async def main() -> list[Event]:
        transport = httpx.MockTransport(rest)
        async with AsyncSluice(
            URL, KEY, websocket_url=websocket_url, transport=transport
        ) as sluice:
            return [event async for event in sluice.stream("What?", timeout=timeout)]

    return asyncio.run(main())


both = pytest.mark.parametrize("collect", [collect, collect_async], ids=["blocking", "async"])


def text_of(events: list[Event]) -> str:
    text = ""
    for one in events:
        if isinstance(one, TextRestarted):
            text = ""
        elif isinstance(one, TextDelta):
            assert one.offset == len(text)
            text += one.text
    return text


@both
def test_an_answer_comes_piece_by_piece(collect: Any) -> None:
    def converse(connection: ServerConnection, number: int) -> None:
        service.hear(connection)
        send(connection, event("queued", attempts=0), event("in_progress"))
        send(connection, *(delta(place, letter) for place, letter in enumerate(TEXT)))
        send(connection, event("completed", TEXT))

    service = LiveService(converse)
    with live(service) as url:
        events = collect(url)

    assert service.paths == ["/live?ticket=t"]
    assert service.heard == [{"action": "subscribe", "job_ids": [JOB_ID]}]
    assert text_of(events) == TEXT
    assert len([one for one in events if isinstance(one, TextDelta)]) == len(TEXT)
    assert isinstance(events[-1], JobCompleted)


@both
def test_a_socket_that_drops_repeats_and_skips_leaves_no_trace_in_the_text(
    collect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sluice_client.transport.backoff.random.uniform", lambda low, high: 0)

    def converse(connection: ServerConnection, number: int) -> None:
        service.hear(connection)
        known = 7 * number
        send(connection, event("in_progress", TEXT[:known]))
        if known >= len(TEXT):
            send(connection, event("completed", TEXT))
            return
        for place in range(max(0, known - 3), min(known + 10, len(TEXT))):
            send(connection, delta(place, TEXT[place : place + 5]))
        connection.socket.close() if number % 2 else connection.close()

    service = LiveService(converse)
    with live(service) as url:
        events = collect(url)

    assert text_of(events) == TEXT
    assert events.count(Resumed()) == len([e for e in events if isinstance(e, Interrupted)]) > 3


@both
def test_a_worker_that_died_is_reported_as_a_restart(collect: Any) -> None:
    def converse(connection: ServerConnection, number: int) -> None:
        service.hear(connection)
        send(connection, event("in_progress"), delta(0, "Something else"))
        send(connection, event("in_progress", attempts=2), delta(0, TEXT, attempt=2))
        send(connection, event("completed", TEXT, attempts=2))

    service = LiveService(converse)
    with live(service) as url:
        events = collect(url)

    assert TextRestarted(JOB_ID, 2) in events
    assert text_of(events) == TEXT


@both
def test_refused_handshakes_end_in_polling(collect: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sluice_client.transport.backoff.random.uniform", lambda low, high: 0)

    events = collect("ws://127.0.0.1:1/nobody-listens")

    assert text_of(events) == job_json()["answer"]["text"]
    assert not any(isinstance(one, Interrupted) for one in events)


@both
def test_a_timeout_raises_although_the_socket_is_silent(collect: Any) -> None:
    service = LiveService(lambda connection, number: None)
    with live(service) as url:
        with pytest.raises(WaitTimeout):
            collect(url, 0.2)
        assert service.closed.wait(timeout=30)


def test_closing_the_iterator_closes_the_socket() -> None:
    service = LiveService(lambda connection, number: send(connection, event("in_progress")))
    transport = httpx.MockTransport(rest)
    with live(service) as url, Sluice(URL, KEY, websocket_url=url, transport=transport) as sluice:
        with closing(sluice.stream("What?")) as events:
            assert isinstance(next(events), JobQueued)
            next(events)
        assert service.closed.wait(timeout=30)


def test_closing_the_async_iterator_closes_the_socket() -> None:
    service = LiveService(lambda connection, number: send(connection, event("in_progress")))

    async def main(url: str) -> None:
        transport = httpx.MockTransport(rest)
        async with AsyncSluice(URL, KEY, websocket_url=url, transport=transport) as sluice:
            async with aclosing(sluice.watch(JOB_ID)) as events:
                await anext(events)
            assert await asyncio.to_thread(service.closed.wait, 30)

    with live(service) as url:
        asyncio.run(main(url))


def test_a_cancelled_task_closes_the_socket() -> None:
    subscribed = threading.Event()

    def converse(connection: ServerConnection, number: int) -> None:
        service.hear(connection)
        subscribed.set()

    service = LiveService(converse)

    async def follow(url: str) -> None:
        transport = httpx.MockTransport(rest)
        async with AsyncSluice(URL, KEY, websocket_url=url, transport=transport) as sluice:
            async for _ in sluice.watch(JOB_ID):
                pass

    async def main(url: str) -> None:
        task = asyncio.create_task(follow(url))
        assert await asyncio.to_thread(subscribed.wait, 30)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(service.closed.wait, 30)

    with live(service) as url:
        asyncio.run(main(url))


def test_a_job_id_that_can_be_none_is_refused_before_anything_is_sent() -> None:
    service = FakeService()
    with (
        Sluice(URL, KEY, transport=httpx.MockTransport(service)) as sluice,
        pytest.raises(ValueError, match="not a job id"),
    ):
        sluice.watch(JOB_ID, "..")


def test_watching_nothing_ends_at_once() -> None:
    service = FakeService()
    with Sluice(URL, KEY, transport=httpx.MockTransport(service)) as sluice:
        assert list(sluice.watch()) == []


def test_the_other_calls_have_asynchronous_counterparts() -> None:
    service = FakeService()
    page = {"jobs": [job_json()], "next_cursor": None}
    service.replies(reply(job_json("queued"), 202), reply(job_json()), reply(job_json()))
    service.replies(reply(job_json()), reply(page), reply(page))
    service.replies(problem(422, "invalid-request", "The question is empty."))
    changes: list[Any] = []

    async def main() -> None:
        async with AsyncSluice(URL, KEY, transport=httpx.MockTransport(service)) as sluice:
            assert sluice.url == URL
            job = await sluice.ask("What?", on_change=changes.append)
            assert job.status == "completed"
            assert (await sluice.job(JOB_ID)).finished
            assert (await sluice.wait(JOB_ID)).finished
            assert len((await sluice.jobs()).jobs) == 1
            assert [job.id async for job in sluice.all_jobs()] == [JOB_ID]
            with pytest.raises(Refused):
                await sluice.submit("")

    asyncio.run(main())
    assert [job.status for job in changes] == ["queued", "completed"]
