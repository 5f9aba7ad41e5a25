"""Where adapters meet rules. Each function builds what it needs, once per environment."""

from functools import cached_property

from adapters import clients
from adapters.claims import DynamoClaimStore
from adapters.clock import SystemClock
from adapters.dynamodb import DynamoJobStore
from adapters.lanes import DynamoLaneBook
from adapters.pace import DynamoPaceStore
from adapters.push import ApiGatewayPush, NoPush
from adapters.sqs import SqsQueue
from adapters.tickets import DynamoTicketStore
from runtime.settings import Settings
from sluice.cancelling import Cancellation
from sluice.forecast import Forecaster
from sluice.job import Lane
from sluice.ledger import Quotas, Units
from sluice.pacer import NoPace, Pace, Pacer
from sluice.reading import JobReader
from sluice.replay import Replays
from sluice.rescue import Rescuer
from sluice.room import Room
from sluice.seams import Push
from sluice.submission import Submission
from sluice.tickets import TicketOffice

#: An answer's seconds, for a first forecast before the lane's own rate is known.
_SECONDS_OF_AN_ANSWER = 10
#: A caller with this share of all jobs at work steps aside with further ones.
_MANY = 0.2

_DAY = 86_400


class Wiring:
    """The parts that functions share, and the services made of them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock = SystemClock()
        self._dynamodb = clients.dynamodb()
        self.store = DynamoJobStore(self._dynamodb, settings.table_name, self.clock)
        self.lanes = DynamoLaneBook(self._dynamodb, settings.table_name)
        #: Jobs at work in a lane.
        self._slots = settings.max_concurrency * settings.batch_size

    @cached_property
    def queue(self) -> SqsQueue:
        urls = {
            Lane.INTERACTIVE: self.settings.queue_url,
            Lane.BULK: self.settings.bulk_queue_url,
        }
        return SqsQueue(clients.sqs(), urls, self.settings.dead_letter_queue_url)

    @cached_property
    def push(self) -> Push:
        """Where watchers are reached; without a WebSocket API there are none."""
        if not self.settings.push_url:
            return NoPush()
        return ApiGatewayPush(clients.connections(self.settings.push_url))

    @cached_property
    def forecaster(self) -> Forecaster:
        return Forecaster(
            lanes=self.lanes,
            paces=[self.kendra_pace(), self.model_pace()],
            clock=self.clock,
            guess=Units(tokens=self._first_guess()),
            rate_when_unknown=self._slots / _SECONDS_OF_AN_ANSWER,
        )

    @cached_property
    def rescuer(self) -> Rescuer:
        return Rescuer(self.store, self.queue, self.push, self.clock)

    @cached_property
    def reader(self) -> JobReader:
        return JobReader(self.store, self.rescuer, self.forecaster, self.clock)

    @cached_property
    def cancellation(self) -> Cancellation:
        return Cancellation(self.store, self.reader, self.push, self.clock)

    @cached_property
    def submission(self) -> Submission:
        claims = DynamoClaimStore(self._dynamodb, self.settings.table_name)
        room = Room(
            store=self.store,
            forecaster=self.forecaster,
            most_open=self.settings.max_open_jobs_per_caller,
            many_open=round(self._slots * _MANY),
        )
        return Submission(
            store=self.store,
            queue=self.queue,
            lanes=self.lanes,
            replays=Replays(claims, self.clock),
            room=room,
            clock=self.clock,
            filters=self.settings.filter_attributes,
            retention_seconds=self.settings.retention_days * _DAY,
        )

    @cached_property
    def tickets(self) -> TicketOffice:
        return TicketOffice(DynamoTicketStore(self._dynamodb, self.settings.table_name), self.clock)

    def kendra_pace(self) -> Pace:
        """The pace of queries, shared by all workers."""
        return self._pace(
            "kendra", Quotas(queries_per_second=self.settings.kendra_queries_per_second)
        )

    def model_pace(self) -> Pace:
        """The pace of the model's tokens and requests, shared by all workers."""
        quotas = Quotas(
            tokens_per_minute=self.settings.model_tokens_per_minute,
            requests_per_minute=self.settings.model_requests_per_minute,
            tokens_per_day=self.settings.model_tokens_per_day,
        )
        return self._pace(f"model {self.settings.model_id}", quotas)

    def _first_guess(self) -> float:
        """Tokens of a middling answer."""
        output = self.settings.max_output_tokens * self.settings.model_output_burndown
        return (self.settings.passage_tokens + output) / 2

    def _pace(self, resource: str, quotas: Quotas) -> Pace:
        if not quotas:
            return NoPace()
        store = DynamoPaceStore(self._dynamodb, self.settings.table_name)
        return Pacer(resource, quotas, store, self.clock)
