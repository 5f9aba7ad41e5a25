"""The AWS adapters that every function uses. Each client is created once, when first needed."""

from functools import cached_property
from typing import TYPE_CHECKING

from adapters import clients
from adapters.clock import SystemClock
from adapters.idempotency import DynamoIdempotencyStore
from adapters.job_store import DynamoJobStore
from adapters.lane_counters import DynamoLaneCounters
from adapters.ledgers import DynamoLedgerStore
from adapters.push import ApiGatewayPush, NoPush
from adapters.sqs import SqsQueue
from adapters.tickets import DynamoTicketStore
from runtime.settings import Settings
from sluice.job.job import Lane
from sluice.ports import Push

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class AwsAdapters:
    """Adapters for the table, queues and WebSocket API that the settings name."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.clock = SystemClock()

    @cached_property
    def store(self) -> DynamoJobStore:
        return DynamoJobStore(self._dynamodb, self._settings.table_name, self.clock)

    @cached_property
    def queue(self) -> SqsQueue:
        urls = {
            Lane.INTERACTIVE: self._settings.queue_url,
            Lane.BULK: self._settings.bulk_queue_url,
        }
        return SqsQueue(clients.sqs(), urls, self._settings.dead_letter_queue_url)

    @cached_property
    def lanes(self) -> DynamoLaneCounters:
        return DynamoLaneCounters(self._dynamodb, self._settings.table_name)

    @cached_property
    def idempotency(self) -> DynamoIdempotencyStore:
        return DynamoIdempotencyStore(self._dynamodb, self._settings.table_name)

    @cached_property
    def tickets(self) -> DynamoTicketStore:
        return DynamoTicketStore(self._dynamodb, self._settings.table_name)

    @cached_property
    def ledgers(self) -> DynamoLedgerStore:
        return DynamoLedgerStore(self._dynamodb, self._settings.table_name)

    @cached_property
    def push(self) -> Push:
        """The adapter that reaches watchers. Without a WebSocket API there are none."""
        if not self._settings.push_url:
            return NoPush()
        return ApiGatewayPush(clients.connections(self._settings.push_url))

    @cached_property
    def _dynamodb(self) -> "DynamoDBClient":
        return clients.dynamodb()
