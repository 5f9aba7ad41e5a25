"""Where adapters meet rules. Each function builds what it needs, once per environment."""

from functools import cached_property

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
from sluice.intake.idempotency import IdempotencyKeys
from sluice.intake.open_jobs import OpenJobLimit
from sluice.intake.submission import Submission
from sluice.job.job import Lane
from sluice.pace.forecaster import Forecaster
from sluice.pace.ledger import Quotas, Units
from sluice.pace.pacer import NoPace, Pace, Pacer
from sluice.ports import Push
from sluice.push.tickets import Tickets
from sluice.upkeep.cancellation import Cancellation
from sluice.upkeep.reader import JobReader
from sluice.upkeep.resending import Resender

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
        self.lanes = DynamoLaneCounters(self._dynamodb, settings.table_name)
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
    def resender(self) -> Resender:
        return Resender(self.store, self.queue, self.cancellation, self.clock)

    @cached_property
    def reader(self) -> JobReader:
        return JobReader(self.store, self.resender, self.forecaster, self.clock)

    @cached_property
    def cancellation(self) -> Cancellation:
        return Cancellation(self.store, self.push, self.clock)

    @cached_property
    def submission(self) -> Submission:
        claims = DynamoIdempotencyStore(self._dynamodb, self.settings.table_name)
        open_jobs = OpenJobLimit(
            store=self.store,
            forecaster=self.forecaster,
            most_open=self.settings.max_open_jobs_per_caller,
            many_open=round(self._slots * _MANY),
        )
        return Submission(
            store=self.store,
            queue=self.queue,
            lanes=self.lanes,
            idempotency=IdempotencyKeys(claims, self.clock),
            open_jobs=open_jobs,
            clock=self.clock,
            filters=self.settings.filter_attributes,
            retention_seconds=self.settings.retention_days * _DAY,
        )

    @cached_property
    def tickets(self) -> Tickets:
        return Tickets(DynamoTicketStore(self._dynamodb, self.settings.table_name), self.clock)

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
        store = DynamoLedgerStore(self._dynamodb, self.settings.table_name)
        return Pacer(resource, quotas, store, self.clock)
