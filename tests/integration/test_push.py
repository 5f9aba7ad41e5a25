from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from adapters.clients import connections
from adapters.push import ApiGatewayPush, NoPush
from sluice.errors import ConnectionGone, SluiceError, Throttled, Unavailable


def a_push() -> tuple[ApiGatewayPush, Stubber]:
    client = boto3.client("apigatewaymanagementapi", endpoint_url="http://127.0.0.1:1/v1")
    return ApiGatewayPush(client), Stubber(client)


def test_a_message_goes_to_its_connection() -> None:
    push, stub = a_push()
    expected: dict[str, Any] = {"ConnectionId": "c=", "Data": b'{"type":"pong"}'}
    stub.add_response("post_to_connection", {}, expected)
    with stub:
        push.post("c=", b'{"type":"pong"}')
    stub.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("GoneException", 410, ConnectionGone),
        ("LimitExceededException", 429, Throttled),
        ("PayloadTooLargeException", 413, Unavailable),
        ("ForbiddenException", 403, Unavailable),
        ("InternalServerError", 500, Unavailable),
    ],
)
def test_what_api_gateway_answers_is_told_as_ours(
    code: str, status: int, error: type[SluiceError]
) -> None:
    push, stub = a_push()
    stub.add_client_error("post_to_connection", code, http_status_code=status)
    with stub, pytest.raises(error):
        push.post("c=", b"{}")


def test_an_endpoint_nobody_reaches_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        ApiGatewayPush(connections("http://127.0.0.1:1/v1")).post("c=", b"{}")


def test_without_a_websocket_api_nobody_is_connected() -> None:
    with pytest.raises(ConnectionGone):
        NoPush().post("c=", b"{}")
