"""Push: the same facts in memory and on API Gateway's @connections."""

import json
from typing import Any, Protocol

import boto3
import pytest
from botocore.stub import Stubber

from adapters.memory.push import MemoryPush
from adapters.push import ApiGatewayPush
from sluice.errors import ConnectionGone, SluiceError, Throttled, Unavailable
from sluice.ports import Push

MESSAGE = b'{"type":"pong"}'
#: API Gateway's error for each of ours.
CODES: dict[type[SluiceError], tuple[str, int]] = {
    ConnectionGone: ("GoneException", 410),
    Throttled: ("LimitExceededException", 429),
    Unavailable: ("InternalServerError", 500),
}


class Backend(Protocol):
    push: Push

    def accept(self, connection: str) -> None:
        """Let the next post to the connection succeed."""

    def fail(self, connection: str, error: type[SluiceError]) -> None:
        """Let the next post to the connection fail."""

    def received(self, connection: str) -> list[Any]:
        """The messages that the connection got."""


class InMemory:
    def __init__(self) -> None:
        self.push = MemoryPush()

    def accept(self, connection: str) -> None: ...

    def fail(self, connection: str, error: type[SluiceError]) -> None:
        self.push.failures.setdefault(connection, []).append(error())

    def received(self, connection: str) -> list[Any]:
        return self.push.sent.get(connection, [])


class OnApiGateway:
    def __init__(self) -> None:
        client = boto3.client("apigatewaymanagementapi", endpoint_url="http://127.0.0.1:1/v1")
        self.push = ApiGatewayPush(client)
        self._stub = Stubber(client)
        self._stub.activate()
        self._sent: list[tuple[str, Any]] = []
        client.meta.events.register("provide-client-params.*", self._note)

    def _note(self, params: Any, **_: Any) -> None:
        self._sent.append((params["ConnectionId"], json.loads(params["Data"])))

    def accept(self, connection: str) -> None:
        expected = {"ConnectionId": connection, "Data": MESSAGE}
        self._stub.add_response("post_to_connection", {}, expected)

    def fail(self, connection: str, error: type[SluiceError]) -> None:
        code, status = CODES[error]
        self._stub.add_client_error("post_to_connection", code, http_status_code=status)

    def received(self, connection: str) -> list[Any]:
        return [message for to, message in self._sent if to == connection]


@pytest.fixture(params=[InMemory, OnApiGateway])
def backend(request: pytest.FixtureRequest) -> Backend:
    made: Backend = request.param()
    return made


def test_a_message_goes_to_its_connection(backend: Backend) -> None:
    backend.accept("c=")
    backend.push.post("c=", MESSAGE)
    assert backend.received("c=") == [{"type": "pong"}]
    assert backend.received("another") == []


@pytest.mark.parametrize("error", CODES)
def test_a_failed_post_raises_our_error(backend: Backend, error: type[SluiceError]) -> None:
    backend.fail("c=", error)
    with pytest.raises(error):
        backend.push.post("c=", MESSAGE)


def test_a_connection_works_again_after_a_failure(backend: Backend) -> None:
    backend.fail("c=", Throttled)
    with pytest.raises(Throttled):
        backend.push.post("c=", MESSAGE)
    backend.accept("c=")
    backend.push.post("c=", MESSAGE)
    assert backend.received("c=")[-1] == {"type": "pong"}
