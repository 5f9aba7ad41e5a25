"""The boto3 clients, with the timeouts and retries that suit each service."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_kendra import KendraClient
    from mypy_boto3_sqs import SQSClient

#: For small, quick calls: several short tries are better than one long one.
_QUICK = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 4},
    tcp_keepalive=True,
    max_pool_connections=32,
)


def _once(read_timeout: int, connections: int = 32) -> Config:
    # A retry inside the SDK would be a call without a booking.
    return Config(
        connect_timeout=5,
        read_timeout=read_timeout,
        retries={"mode": "standard", "total_max_attempts": 1},
        tcp_keepalive=True,
        max_pool_connections=connections,
    )


def on_first_use(make: Callable[[], Any]) -> Any:
    """A client that `make` creates at its first call, or when its method `connect` is called.

    So a function that seldom needs the client starts faster.
    """
    return _OnFirstUse(make)


#: The default session of boto3 is not thread-safe: only one thread may create a client.
_MAKING = threading.Lock()


class _OnFirstUse:
    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._client: Any = None

    def connect(self) -> Any:
        """Create the client if it does not exist yet, and return it."""
        with _MAKING:
            if self._client is None:
                self._client = self._make()
            return self._client

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what copy and pickle ask for is not the client's
            raise AttributeError(name)
        return getattr(self.connect(), name)


def dynamodb() -> "DynamoDBClient":
    """A client for the jobs' table."""
    return boto3.client("dynamodb", config=_QUICK)


def sqs() -> "SQSClient":
    """A client for the queues of the lanes."""
    return boto3.client("sqs", config=_QUICK)


def kendra() -> "KendraClient":
    """A client for retrieval. It never retries by itself."""
    return boto3.client("kendra", config=_once(read_timeout=15))


def bedrock() -> "BedrockRuntimeClient":
    """A client for generation. It never retries by itself."""
    # The timeout applies between two events of a stream. A reasoning model may pause for long.
    return boto3.client("bedrock-runtime", config=_once(read_timeout=120))


def connections(url: str) -> "ApiGatewayManagementApiClient":
    """A client for the connections of the WebSocket API at `url`. It never retries by itself."""
    config = _once(read_timeout=3, connections=40)
    return boto3.client("apigatewaymanagementapi", endpoint_url=url, config=config)
