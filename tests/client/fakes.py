"""A Sluice API that answers from a script, a clock that tests set, and a job to begin with."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

URL = "http://127.0.0.1:8787/v1"
KEY = "test-key"
JOB_ID = "0190c7f2-4d5e-7abc-8def-0123456789ab"

Scripted = httpx.Response | Exception | BaseException | Callable[[httpx.Request], httpx.Response]


class FakeClock:
    """Time passes only while something sleeps."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.sleeps: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return 1_800_000_000.0 + self.now

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds


class FakeService:
    """Gives the next scripted reply to each request, and remembers the requests."""

    def __init__(self) -> None:
        self.script: deque[Scripted] = deque()
        self.requests: list[httpx.Request] = []

    def replies(self, *script: Scripted) -> None:
        self.script.extend(script)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        assert self.script, f"nothing is scripted for {request.method} {request.url}"
        reply = self.script.popleft()
        if isinstance(reply, httpx.Response):
            return reply
        if isinstance(reply, BaseException):
            raise reply
        return reply(request)

    @property
    def paths(self) -> list[str]:
        return [request.url.raw_path.decode() for request in self.requests]


def job_json(status: str = "completed", **changes: Any) -> dict[str, Any]:
    """A job as the service sends it: completed, with an answer from one page, unless changed."""
    done = status == "completed"
    return {
        "id": JOB_ID,
        "status": status,
        "question": "What is the deductible?",
        "answer": {
            "text": "The deductible is $500 per year [1].",
            "citations": [{"start": 32, "end": 35, "source": 1}],
            "grounded": True,
        }
        if done
        else None,
        "sources": [source_json()] if done else [],
        "queue": {"lane": "interactive", "position": 0, "estimated_wait_seconds": 0},
        "attempts": 1,
        "error": None,
        "usage": {"input_tokens": 900, "output_tokens": 40, "cost_usd": 0.0012},
        "timing": {
            "queued_ms": 12,
            "retrieval_ms": 80 if done else None,
            "first_token_ms": None,
            "generation_ms": None,
        },
        "model": "a-model",
        "created_at": "2027-01-15T08:16:40Z",
        "started_at": "2027-01-15T08:16:41Z",
        "finished_at": "2027-01-15T08:16:43.500Z" if done else None,
        "metadata": {},
    } | changes


def source_json(**changes: Any) -> dict[str, Any]:
    return {
        "number": 1,
        "title": "Benefits handbook",
        "page": 23,
        "excerpt": "The annual deductible is $500 for each member.",
        "uri": "s3://documents/handbook.pdf",
        "link": "https://documents.example/handbook.pdf#page=23",
        "confidence": "HIGH",
    } | changes


def queued(position: int, wait: int) -> dict[str, Any]:
    queue = {"lane": "interactive", "position": position, "estimated_wait_seconds": wait}
    return job_json("queued", queue=queue)


def reply(body: Any, status: int = 200, **headers: str) -> httpx.Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, json=body, headers=names)


def problem(status: int, name: str, detail: str, **headers: str) -> httpx.Response:
    body = {"type": f"https://sluice.example/problems/{name}", "status": status, "detail": detail}
    return reply(body, status, **headers)


@contextmanager
def serving(service: Callable[[httpx.Request], httpx.Response]) -> Iterator[str]:
    """Put a fake service behind a real port; yields its URL."""

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            url = f"http://127.0.0.1{self.path}"
            answer = service(
                httpx.Request(self.command, url, headers=dict(self.headers), content=body)
            )
            self.send_response(answer.status_code)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.content)

        do_GET = do_POST = handle_any  # noqa: N815 - http.server's names

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
