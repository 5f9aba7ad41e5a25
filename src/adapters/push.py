"""Messages to WebSocket connections, through API Gateway's @connections."""

from typing import TYPE_CHECKING

from adapters.failures import upstream
from sluice.errors import ConnectionGone, Throttled, Transient, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient


class ApiGatewayPush:
    """Posts to the connections of one WebSocket API."""

    def __init__(self, client: "ApiGatewayManagementApiClient") -> None:
        self._client = client

    def post(self, connection: str, message: bytes) -> None:
        gone = self._client.exceptions
        try:
            with upstream("The connection"):
                try:
                    self._client.post_to_connection(ConnectionId=connection, Data=message)
                except gone.GoneException as error:
                    raise ConnectionGone from error
                except gone.LimitExceededException as error:
                    raise Throttled("The connection takes no more for now.") from error
        except (ConnectionGone, Transient):
            raise
        except Exception as error:
            raise Unavailable("The connection did not take the message.") from error


class NoPush:
    """Where there is no WebSocket API, nobody is connected."""

    def post(self, connection: str, message: bytes) -> None:  # noqa: ARG002
        raise ConnectionGone
