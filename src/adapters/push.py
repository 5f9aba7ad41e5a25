"""Sending messages to WebSocket connections, through @connections of API Gateway."""

from typing import TYPE_CHECKING

from adapters.failures import CALL_FAILED
from sluice.errors import ConnectionGone, Throttled, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient


class ApiGatewayPush:
    """Posts to the connections of one WebSocket API."""

    def __init__(self, client: "ApiGatewayManagementApiClient") -> None:
        self._client = client

    def post(self, connection: str, message: bytes) -> None:
        known = self._client.exceptions
        try:
            self._client.post_to_connection(ConnectionId=connection, Data=message)
        except known.GoneException as error:
            raise ConnectionGone from error
        except known.LimitExceededException as error:
            raise Throttled("The connection accepts no more messages for now.") from error
        except CALL_FAILED as error:
            raise Unavailable("The connection did not accept the message.") from error


class NoPush:
    """The adapter for a deployment without a WebSocket API: nobody is connected."""

    def post(self, connection: str, message: bytes) -> None:  # noqa: ARG002
        raise ConnectionGone
