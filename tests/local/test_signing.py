"""Calls to AWS, signed again with the credentials of the person who runs the stack."""

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from local.signing import SigningForwarder, is_aws
from tests.local.serving import serving


@pytest.mark.parametrize(
    ("url", "aws"),
    [
        ("https://kendra.eu-west-1.amazonaws.com", True),
        ("https://bedrock-runtime.us-east-1.amazonaws.com/", True),
        ("http://127.0.0.1:8000", False),
        ("https://kendra.amazonaws.com.evil.example", False),
        ("", False),
    ],
)
def test_only_endpoints_of_aws_are_signed_for(url: str, aws: bool) -> None:
    assert is_aws(url) is aws


class Upstream:
    """A service that records its requests and streams its answer."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, bytes, dict[str, str]]] = []

    async def answer(self, request: Request) -> Response:
        body = await request.body()
        self.asked.append((request.url.path, body, dict(request.headers)))

        async def pieces() -> AsyncIterator[bytes]:
            for piece in (b"one ", b"two"):
                yield piece

        return StreamingResponse(
            pieces(), 200, {"x-amzn-requestid": "r-1", "set-cookie": "no"}, "application/x"
        )


def asked_through(
    forwarder: SigningForwarder, path: str, headers: dict[str, str] | None = None
) -> httpx.Response:
    """Return the response that a client of the stand-ins' server gets."""
    app = Starlette(routes=[Route("/aws/bedrock/{path:path}", forwarder.forward, methods=["POST"])])
    with serving(app) as url:
        return httpx.post(f"{url}/aws/bedrock{path}", content=b'{"x": 1}', headers=headers)


def test_a_call_is_signed_forwarded_and_streamed_back() -> None:
    upstream = Upstream()
    app = Starlette(routes=[Route("/{path:path}", upstream.answer, methods=["POST"])])
    with serving(app) as url:
        forwarder = SigningForwarder(f"{url}/", "bedrock")
        answer = asked_through(
            forwarder,
            "/model/a.model/converse-stream",
            {"authorization": "theirs", "content-type": "application/json", "cookie": "c"},
        )
    assert (answer.status_code, answer.content) == (200, b"one two")
    assert answer.headers["x-amzn-requestid"] == "r-1"
    assert "set-cookie" not in answer.headers
    ((path, body, headers),) = upstream.asked
    assert (path, body) == ("/model/a.model/converse-stream", b'{"x": 1}')
    assert headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=testing/")
    assert "/bedrock/aws4_request" in headers["authorization"]
    assert "cookie" not in headers


def test_without_credentials_the_answer_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    forwarder = SigningForwarder("http://127.0.0.1:1", "kendra")
    answer = asked_through(forwarder, "/")
    assert answer.status_code == 503
    assert "AWS_PROFILE" in answer.json()["message"]


def test_an_unreachable_endpoint_is_unavailable() -> None:
    forwarder = SigningForwarder("http://127.0.0.1:1", "kendra")
    answer = asked_through(forwarder, "/")
    assert answer.status_code == 503
    assert answer.headers["x-amzn-errortype"] == "ServiceUnavailableException"
