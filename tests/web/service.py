"""A fake service for the page, whose jobs change only when a test says so.

It sends what docs/openapi.json and docs/asyncapi.yaml allow; anything else ends in `breaches`.
Tests call it from their own thread. The connections belong to the server's event loop, so calls
that touch them run there.
"""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from tests.contract import check_body, check_event, documented, response_of
from tests.web.jobs import Job, answer_of, new_job

WEB = Path(__file__).parent.parent.parent / "web"
KEY = "a-key"


class FakeService:
    """Jobs by id, the open sockets, and which jobs each socket follows."""

    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}
        self.asked: list[dict[str, Any]] = []
        self.cancelled: list[str] = []
        self.config: dict[str, Any] | None = None
        self.has_live = True
        #: Refuse to cancel, as for a job that has just ended.
        self.has_ended = False
        #: What the service would never send. A test that leaves something here fails.
        self.breaches: list[str] = []
        self.connections = 0
        self._followed: dict[WebSocket, set[str]] = {}
        self._tickets: set[str] = set()
        self._numbers = itertools.count(1)
        self._changed: asyncio.Condition
        self._loop: asyncio.AbstractEventLoop
        self.app = Starlette(
            lifespan=self._lifespan,
            routes=[
                Route("/config.json", self._config),
                Route("/api/jobs", self._submit, methods=["POST"]),
                Route("/api/jobs", self._list),
                Route("/api/jobs/{id}", self._get),
                Route("/api/jobs/{id}/cancel", self._cancel, methods=["POST"]),
                Route("/api/tickets", self._ticket, methods=["POST"]),
                WebSocketRoute("/live", self._live),
                Mount("/", StaticFiles(directory=WEB, html=True)),
            ],
        )

    # What a test does.

    def job(self, question: str) -> Job:
        return next(job for job in self.jobs.values() if job["question"] == question)

    def change(self, job: Job, **fields: Any) -> None:
        """Change the job without sending an event."""
        job.update(fields)
        self._run(self._notify())

    def begin(self, job: Job) -> None:
        self.change(job, status="in_progress", attempts=job["attempts"] + 1, answer=answer_of(""))
        self.push_status(job)

    def find(self, job: Job, sources: list[dict[str, Any]]) -> None:
        self.change(job, sources=sources)
        event = {"type": "job.sources", "attempt": job["attempts"], "sources": sources}
        self.push(job, event)

    def write(self, job: Job, text: str, *, is_lost: bool = False) -> None:
        before = job["answer"]["text"]
        self.change(job, answer=answer_of(before + text))
        event = {"type": "job.delta", "offset": len(before), "text": text}
        if not is_lost:
            self.push(job, event | {"attempt": job["attempts"]})

    def complete(self, job: Job, citations: list[dict[str, int]] | None = None) -> None:
        answer = job["answer"] | {"citations": citations or [], "grounded": bool(citations)}
        self.change(job, status="completed", answer=answer, finished_at="2026-01-01T10:00:04Z")
        self.push_status(job)

    def fail(self, job: Job, error: dict[str, Any]) -> None:
        self.change(job, status="failed", error=error, answer=None)
        self.push_status(job)

    def give_back(self, job: Job) -> None:
        self.change(job, status="queued", answer=None, sources=[])
        self.push_status(job)

    def push_status(self, job: Job) -> None:
        """Send the event of the job's status, which carries the job."""
        self.push(job, {"type": f"job.{job['status']}", "job": job})

    def push(self, job: Job, event: dict[str, Any]) -> None:
        self._run(self._push(job["id"], event | {"job_id": job["id"]}))

    def drop(self) -> None:
        """Close every connection, as a deployment or the two-hour limit does."""
        self._run(self._drop())

    # What the page asks.

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Condition()
        yield

    async def _config(self, request: Request) -> Response:
        base = str(request.base_url)
        own = {"api_url": f"{base}api", "api_key": KEY}
        live = f"{base}live".replace("http", "ws", 1) if self.has_live else None
        return JSONResponse(self.config or own | {"websocket_url": live})

    async def _submit(self, request: Request) -> Response:
        if request.headers.get("x-api-key") != KEY:
            return self._problem(request, 401, "unauthorized", "A valid API key is required")
        body = await request.json()
        self.asked.append(body)
        job = new_job(next(self._numbers), body["question"], body.get("metadata", {}))
        self.jobs[job["id"]] = job
        return self._reply(request, 202, job, _unfinished(job))

    async def _list(self, request: Request) -> Response:
        if request.headers.get("x-api-key") != KEY:
            return self._problem(request, 401, "unauthorized", "A valid API key is required")
        start = int(request.query_params.get("cursor", 0))
        jobs = list(reversed(self.jobs.values()))
        more = str(start + 20) if len(jobs) > start + 20 else None
        return self._reply(request, 200, {"jobs": jobs[start : start + 20], "next_cursor": more})

    async def _get(self, request: Request) -> Response:
        job = self.jobs.get(request.path_params["id"])
        if job is None:
            return self._problem(request, 404, "job-not-found", "Job not found")
        wait = float(request.query_params.get("wait", 0))
        known = request.headers.get("if-none-match")
        try:
            async with asyncio.timeout(wait), self._changed:
                await self._changed.wait_for(lambda: _tag(job) != known)
        except TimeoutError:
            pass
        if _tag(job) == known:
            return self._reply(request, 304, None, {"ETag": _tag(job)})
        return self._reply(request, 200, job, {"ETag": _tag(job)})

    async def _cancel(self, request: Request) -> Response:
        job = self.jobs[request.path_params["id"]]
        if self.has_ended:
            return self._problem(request, 409, "conflict", "The job's status does not allow this")
        self.cancelled.append(job["id"])
        return self._reply(request, 202, job, _unfinished(job))

    async def _ticket(self, request: Request) -> Response:
        ticket = f"ticket-{next(self._numbers)}"
        self._tickets.add(ticket)
        body = {"ticket": ticket, "expires_at": "2026-01-01T10:01:00Z"}
        return self._reply(request, 201, body)

    def _problem(self, request: Request, status: int, kind: str, title: str) -> Response:
        body = {"type": kind, "title": title, "status": status, "detail": title}
        return self._reply(request, status, body)

    def _reply(
        self, request: Request, status: int, body: Any, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Return a documented response; of one that is not, note the breach."""
        given = headers or {}
        content_type = "application/problem+json" if status >= 400 else "application/json"
        try:
            call = documented(request.method, request.url.path.removeprefix("/api"))
            check_body(call, status, content_type, body)
            known = response_of(call, status).get("headers", {})
            missing = {name for name in known if known[name]["required"]} - set(given)
            assert not missing, f"{call} never answers {status} without {missing}"
        except AssertionError as breach:
            self.breaches.append(str(breach))
        if body is None:
            return Response(status_code=status, headers=given)
        return JSONResponse(body, status, given, content_type)

    async def _live(self, socket: WebSocket) -> None:
        ticket = socket.query_params.get("ticket", "")
        if not self.has_live or ticket not in self._tickets:
            await socket.close()
            return
        self._tickets.remove(ticket)
        await socket.accept()
        self.connections += 1
        self._followed[socket] = set()
        try:
            while True:
                await self._answer(socket, await socket.receive_json())
        except WebSocketDisconnect:
            pass
        finally:
            self._followed.pop(socket, None)

    async def _answer(self, socket: WebSocket, message: dict[str, Any]) -> None:
        match message:
            case {"action": "ping"}:
                await self._send(socket, {"type": "pong"})
            case {"action": "subscribe", "job_ids": ids}:
                for job_id in ids:
                    job = self.jobs[job_id]
                    self._followed[socket].add(job_id)
                    event = {"type": f"job.{job['status']}", "job_id": job_id, "job": job}
                    await self._send(socket, event)
            case {"action": "unsubscribe", "job_ids": ids}:
                self._followed[socket] -= set(ids)
                await self._send(socket, {"type": "unsubscribed", "job_ids": ids})
            case _:
                self.breaches.append(f"The page sends what this fake cannot answer: {message}")

    async def _push(self, job_id: str, event: dict[str, Any]) -> None:
        for socket, ids in list(self._followed.items()):
            if job_id in ids:
                await self._send(socket, event)

    async def _send(self, socket: WebSocket, event: dict[str, Any]) -> None:
        """Send an event, and note the breach if it is not as documented."""
        try:
            check_event(event)
        except AssertionError as breach:
            self.breaches.append(str(breach))
        await socket.send_json(event)

    async def _drop(self) -> None:
        for socket in list(self._followed):
            self._followed.pop(socket)
            await socket.close(1001)

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)


def _tag(job: Job) -> str:
    return f'W/"{hash(json.dumps(job))}"'


def _unfinished(job: Job) -> dict[str, str]:
    return {"Location": f"/jobs/{job['id']}", "Retry-After": "1"}
