"""A Sluice API that answers from a script, a clock that tests set, and a job to begin with.

Fakes send what docs/openapi.json and docs/asyncapi.yaml allow, and fail the test otherwise.
"""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from tests import contract

URL = "http://127.0.0.1:8787/v1"
KEY = "test-key"
JOB_ID = "0190c7f2-4d5e-7abc-8def-0123456789ab"

Scripted = httpx.Response | Exception | BaseException | Callable[[httpx.Request], httpx.Response]


#: What fakes sent and the service never would. A test that leaves something here fails: a thread
#: of a server or of the client may have swallowed the AssertionError.
breaches: list[str] = []


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
        #: Replies, each with whether it is the service's and so has to be as documented.
        self.script: deque[tuple[Scripted, bool]] = deque()
        self.requests: list[httpx.Request] = []

    def replies(self, *script: Scripted) -> None:
        self.script.extend((scripted, True) for scripted in script)

    def unchecked(self, *script: Scripted) -> None:
        """Script what this service never sends: a proxy, another site or another version does."""
        self.script.extend((scripted, False) for scripted in script)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        assert self.script, f"nothing is scripted for {request.method} {request.url}"
        scripted, is_checked = self.script.popleft()
        if isinstance(scripted, BaseException):
            raise scripted
        reply = scripted if isinstance(scripted, httpx.Response) else scripted(request)
        # The steps of a stream take a failure of the network as a result.
        is_reply = isinstance(reply, httpx.Response)
        return as_documented(request, reply) if is_checked and is_reply else reply

    @property
    def paths(self) -> list[str]:
        return [request.url.raw_path.decode() for request in self.requests]


def as_documented(request: httpx.Request, response: httpx.Response) -> httpx.Response:
    """The response, if docs/openapi.json allows it for the request. Raises AssertionError."""
    path = request.url.path.removeprefix("/v1")
    content_type = response.headers.get("content-type", "")
    with noted_breaches():
        call = contract.documented(request.method, path)
        contract.check_body(call, response.status_code, content_type, _body_of(response))
    return response


def _body_of(response: httpx.Response) -> Any:
    """The JSON of a response, None without any. Raises AssertionError if it is something else."""
    try:
        return json.loads(response.content) if response.content else None
    except ValueError as error:
        raise AssertionError(f"The service never answers with this: {error}") from error


@contextmanager
def noted_breaches() -> Iterator[None]:
    """Keep a failed check in `breaches`, and let it fail."""
    try:
        yield
    except AssertionError as breach:
        breaches.append(str(breach))
        raise


#: Whole values of a job's fields. Of these a test may give only the part it is about.
_PARTS: dict[str, dict[str, Any]] = {
    "answer": {"text": "", "citations": [], "grounded": False, "truncated": False},
    "error": {"type": "too-late", "title": "It failed", "detail": "", "retryable": False},
    "timing": dict.fromkeys(("queued_ms", "retrieval_ms", "first_token_ms", "generation_ms")),
}


def job_json(status: str = "completed", **changes: Any) -> dict[str, Any]:
    """A job as the service sends it: completed, with an answer from one page, by default.

    `changes` are fields; of answer, error and timing a part is enough.
    """
    done = status == "completed"
    for name, whole in _PARTS.items():
        if isinstance(changes.get(name), dict):
            changes[name] = whole | changes[name]
    return {
        "id": JOB_ID,
        "status": status,
        "question": "What is the deductible?",
        "answer": {
            "text": "The deductible is $500 per year [1].",
            "citations": [{"start": 32, "end": 35, "source": 1}],
            "grounded": True,
            "truncated": False,
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
        "batch_id": None,
        "custom_id": None,
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


def problem(
    status: int, name: str, detail: str, errors: list[dict[str, str]] | None = None, **headers: str
) -> httpx.Response:
    """A refusal or a failure: problem details, as the service sends them."""
    title = name.replace("-", " ").capitalize()
    body = {"type": name, "title": title, "status": status, "detail": detail}
    body |= {"errors": errors} if errors else {}
    return reply(body, status, content_type="application/problem+json", **headers)


@contextmanager
def serving(service: Callable[[httpx.Request], httpx.Response]) -> Iterator[str]:
    """Put a fake service behind a real port; yields its URL."""

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            url = f"http://127.0.0.1{self.path}"
            request = httpx.Request(self.command, url, headers=dict(self.headers), content=body)
            answer = as_documented(request, service(request))
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
