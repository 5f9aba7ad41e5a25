"""The AWS adapters that every function uses."""

from functools import partial

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
from sluice.ports import (
    IdempotencyStore,
    JobStore,
    LaneCounters,
    LedgerStore,
    Push,
    Queue,
    TicketStore,
)


class AwsAdapters:
    """Adapters for the table, queues and WebSocket API that the settings name."""

    def __init__(self, settings: Settings) -> None:
        table = settings.table_name
        self.clock = SystemClock()
        dynamodb = clients.dynamodb()
        self.store: JobStore = DynamoJobStore(dynamodb, table, self.clock)
        self.lanes: LaneCounters = DynamoLaneCounters(dynamodb, table)
        self.idempotency: IdempotencyStore = DynamoIdempotencyStore(dynamodb, table)
        self.tickets: TicketStore = DynamoTicketStore(dynamodb, table)
        self.ledgers: LedgerStore = DynamoLedgerStore(dynamodb, table)
        self._sqs = clients.on_first_use(clients.sqs)
        self._connections = clients.on_first_use(partial(clients.connections, settings.push_url))
        urls = {Lane.INTERACTIVE: settings.queue_url, Lane.BULK: settings.bulk_queue_url}
        self.queue: Queue = SqsQueue(self._sqs, urls, settings.dead_letter_queue_url)
        #: Without a WebSocket API, nobody is connected.
        self.push: Push = ApiGatewayPush(self._connections) if settings.push_url else NoPush()

    def connect_queue(self) -> None:
        """Create the client of SQS now, for a function that needs it at every call."""
        self._sqs.connect()

    def connect_push(self) -> None:
        """Create the client of the WebSocket API now, if there is such an API."""
        if not isinstance(self.push, NoPush):
            self._connections.connect()
