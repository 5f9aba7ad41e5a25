"""What API Gateway's adapter does beyond the conformance suite of Push."""

import boto3
import pytest
from botocore.stub import Stubber

from adapters.clients import connections
from adapters.push import ApiGatewayPush, NoPush
from sluice.errors import ConnectionGone, Unavailable


@pytest.mark.parametrize(
    ("code", "status"), [("PayloadTooLargeException", 413), ("ForbiddenException", 403)]
)
def test_any_other_refusal_is_unavailable(code: str, status: int) -> None:
    client = boto3.client("apigatewaymanagementapi", endpoint_url="http://127.0.0.1:1/v1")
    stub = Stubber(client)
    stub.add_client_error("post_to_connection", code, http_status_code=status)
    with stub, pytest.raises(Unavailable):
        ApiGatewayPush(client).post("c=", b"{}")


def test_an_unreachable_endpoint_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        ApiGatewayPush(connections("http://127.0.0.1:1/v1")).post("c=", b"{}")


def test_without_a_websocket_api_every_connection_is_gone() -> None:
    with pytest.raises(ConnectionGone):
        NoPush().post("c=", b"{}")
