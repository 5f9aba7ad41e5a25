"""Real boto3 clients whose services answer with any bytes, read by botocore's own parsers."""

import io
from collections.abc import Iterator
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config


class Body(io.BytesIO):
    """A response's body as urllib3 returns it; it arrives in `pieces`."""

    def __init__(self, *pieces: bytes) -> None:
        super().__init__(b"".join(pieces))
        self._pieces = pieces

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield from self._pieces

    def release_conn(self) -> None: ...


class RawService:
    """A boto3 client whose next response has this `status` and body, sent in `pieces`."""

    def __init__(self, service: str) -> None:
        self.client: Any = boto3.client(
            service,  # type: ignore[call-overload]
            region_name="us-east-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
            # As in adapters/clients.py: the SDK must not try again by itself.
            config=Config(retries={"mode": "standard", "total_max_attempts": 1}),
        )
        self.status = 200
        self.pieces: list[bytes] = []
        self.client.meta.events.register(f"before-send.{service}", self._answer)

    def _answer(self, request: Any, **_: Any) -> AWSResponse:
        body: Any = Body(*self.pieces)
        headers: Any = {"x-amzn-RequestId": "req-1"}
        return AWSResponse(request.url, self.status, headers, body)
