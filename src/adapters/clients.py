"""The boto3 clients, with the time-outs and retries that each service wants."""

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

#: Small, quick calls: several short tries beat one long one.
_QUICK = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 4},
    tcp_keepalive=True,
    max_pool_connections=32,
)


def _once(read_timeout: int, connections: int = 32) -> Config:
    # A retry inside the SDK would be a call that nobody booked against the quota.
    return Config(
        connect_timeout=5,
        read_timeout=read_timeout,
        retries={"mode": "standard", "total_max_attempts": 1},
        tcp_keepalive=True,
        max_pool_connections=connections,
    )


def on_first_use(make: Callable[[], Any]) -> Any:
    """A client that is made at its first call, or by its own method `connect`.

    A function that seldom needs a client starts without it.
    """
    return _OnFirstUse(make)


class _OnFirstUse:
    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._client: Any = None
        # boto3's default session makes one client at a time.
        self._guard = threading.Lock()

    def connect(self) -> Any:
        """Return the client, made now if it is not there yet."""
        with self._guard:
            if self._client is None:
                self._client = self._make()
            return self._client

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connect(), name)


def dynamodb() -> "DynamoDBClient":
    """For the jobs' table."""
    return boto3.client("dynamodb", config=_QUICK)


def sqs() -> "SQSClient":
    """For the lanes' queues."""
    return boto3.client("sqs", config=_QUICK)


def kendra() -> "KendraClient":
    """For retrieval. Never retries by itself."""
    return boto3.client("kendra", config=_once(read_timeout=15))


def bedrock() -> "BedrockRuntimeClient":
    """For generation. Never retries by itself."""
    # Between two events of a stream; a model that thinks says nothing for a while.
    return boto3.client("bedrock-runtime", config=_once(read_timeout=120))


def connections(url: str) -> "ApiGatewayManagementApiClient":
    """For the connections of the WebSocket API at `url`. Never retries by itself."""
    config = _once(read_timeout=3, connections=40)
    return boto3.client("apigatewaymanagementapi", endpoint_url=url, config=config)
