"""Where adapters meet rules. Each function builds what it needs, once per environment."""

from adapters import clients
from adapters.clock import SystemClock
from adapters.dynamodb import DynamoJobStore
from adapters.lanes import DynamoLaneBook
from adapters.pace import DynamoPaceStore
from adapters.sqs import SqsQueue
from adapters.tickets import DynamoTicketStore
from runtime.settings import Settings
from sluice.forecast import Forecaster
from sluice.job import Lane
from sluice.ledger import Quotas
from sluice.pacer import NoPace, Pace, Pacer
from sluice.reading import JobReader
from sluice.submission import Submission
from sluice.tickets import TicketOffice

#: An answer's seconds, for a first forecast before the lane's own rate is known.
_SECONDS_OF_AN_ANSWER = 10

_DAY = 86_400


class Wiring:
    """The parts that functions share, and the services made of them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock = SystemClock()
        self._dynamodb = clients.dynamodb()
        self.store = DynamoJobStore(self._dynamodb, settings.table_name, self.clock)
        self.lanes = DynamoLaneBook(self._dynamodb, settings.table_name)

    def queue(self) -> SqsQueue:
        urls = {
            Lane.INTERACTIVE: self.settings.queue_url,
            Lane.BULK: self.settings.bulk_queue_url,
        }
        return SqsQueue(clients.sqs(), urls, self.settings.dead_letter_queue_url)

    def reader(self) -> JobReader:
        return JobReader(self.store, self.clock)

    def forecaster(self) -> Forecaster:
        slots = self.settings.max_concurrency * self.settings.batch_size
        return Forecaster(self.lanes, self.clock, slots / _SECONDS_OF_AN_ANSWER)

    def pace(self, resource: str, quotas: Quotas) -> Pace:
        """The shared pace of a resource, if it has a quota."""
        if not quotas:
            return NoPace()
        store = DynamoPaceStore(self._dynamodb, self.settings.table_name)
        return Pacer(resource, quotas, store, self.clock)

    def tickets(self) -> TicketOffice:
        return TicketOffice(DynamoTicketStore(self._dynamodb, self.settings.table_name), self.clock)

    def submission(self) -> Submission:
        return Submission(
            store=self.store,
            queue=self.queue(),
            lanes=self.lanes,
            clock=self.clock,
            filters=self.settings.filter_attributes,
            retention_seconds=self.settings.retention_days * _DAY,
        )
