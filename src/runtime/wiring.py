"""The composition root: it makes the services from adapters. No other module combines the two."""

from collections.abc import Sequence
from functools import cached_property
from typing import Protocol

from runtime.settings import Settings
from sluice.clock import Clock
from sluice.intake.idempotency import IdempotencyKeys
from sluice.intake.open_jobs import OpenJobLimit
from sluice.intake.submission import Submission
from sluice.pace.forecaster import Forecaster
from sluice.pace.ledger import Quotas, Units
from sluice.pace.pacer import NoPace, Pace, Pacer
from sluice.ports import (
    Generator,
    IdempotencyStore,
    JobStore,
    LaneCounters,
    LedgerStore,
    Push,
    Queue,
    Retriever,
    TicketStore,
)
from sluice.push.tickets import Tickets
from sluice.upkeep.cancellation import Cancellation
from sluice.upkeep.reader import JobReader
from sluice.upkeep.resending import Resender

#: The estimated duration of an answer in seconds, for forecasts before the lane's rate is known.
_SECONDS_OF_AN_ANSWER = 10
#: A caller whose open interactive jobs reach this share of all slots is sent to the bulk lane.
_MANY = 0.2

_DAY = 86_400


class Adapters(Protocol):
    """One adapter for each port, created when it is first used."""

    @property
    def clock(self) -> Clock: ...
    @property
    def store(self) -> JobStore: ...
    @property
    def queue(self) -> Queue: ...
    @property
    def lanes(self) -> LaneCounters: ...
    @property
    def idempotency(self) -> IdempotencyStore: ...
    @property
    def tickets(self) -> TicketStore: ...
    @property
    def ledgers(self) -> LedgerStore: ...
    @property
    def push(self) -> Push: ...


class Upstreams(Protocol):
    """The adapters that only the worker needs."""

    @property
    def retrievers(self) -> Sequence[Retriever]:
        """The retrievers. Each is asked only if those before it found nothing."""

    @property
    def generator(self) -> Generator: ...


class Wiring:
    """The services of one deployment, each created when it is first used."""

    def __init__(self, settings: Settings, adapters: Adapters) -> None:
        self.settings = settings
        self.adapters = adapters
        #: The number of jobs of a lane that can be worked on at the same time.
        self._slots = settings.max_concurrency * settings.batch_size

    @cached_property
    def forecaster(self) -> Forecaster:
        return Forecaster(
            lanes=self.adapters.lanes,
            paces=[self.retrieval_pace(), self.model_pace()],
            clock=self.adapters.clock,
            guess=Units(tokens=self._first_guess()),
            rate_when_unknown=self._slots / _SECONDS_OF_AN_ANSWER,
        )

    @cached_property
    def cancellation(self) -> Cancellation:
        return Cancellation(self.adapters.store, self.adapters.push, self.adapters.clock)

    @cached_property
    def resender(self) -> Resender:
        adapters = self.adapters
        return Resender(adapters.store, adapters.queue, self.cancellation, adapters.clock)

    @cached_property
    def reader(self) -> JobReader:
        adapters = self.adapters
        return JobReader(adapters.store, self.resender, self.forecaster, adapters.clock)

    @cached_property
    def submission(self) -> Submission:
        adapters = self.adapters
        return Submission(
            store=adapters.store,
            queue=adapters.queue,
            lanes=adapters.lanes,
            idempotency=IdempotencyKeys(adapters.idempotency, adapters.clock),
            open_jobs=OpenJobLimit(
                store=adapters.store,
                forecaster=self.forecaster,
                most_open=self.settings.max_open_jobs_per_caller,
                # At least 1, because a fifth of very few slots would be rounded to 0.
                many_open=max(1, round(self._slots * _MANY)),
            ),
            clock=adapters.clock,
            filters=self.settings.filter_attributes,
            retention_seconds=self.settings.retention_days * _DAY,
        )

    @cached_property
    def tickets(self) -> Tickets:
        return Tickets(self.adapters.tickets, self.adapters.clock)

    def retrieval_pace(self) -> Pace:
        """The pace of Kendra queries, shared by all workers."""
        quotas = Quotas(queries_per_second=self.settings.kendra_queries_per_second)
        return self._pace("kendra", quotas)

    def model_pace(self) -> Pace:
        """The pace of the model's tokens and requests, shared by all workers."""
        quotas = Quotas(
            tokens_per_minute=self.settings.model_tokens_per_minute,
            requests_per_minute=self.settings.model_requests_per_minute,
            tokens_per_day=self.settings.model_tokens_per_day,
        )
        return self._pace(f"model {self.settings.model_id}", quotas)

    def _first_guess(self) -> float:
        """The estimated tokens of an answer, until the ledger has learned them."""
        output = self.settings.max_output_tokens * self.settings.model_output_burndown
        return (self.settings.passage_tokens + output) / 2

    def _pace(self, resource: str, quotas: Quotas) -> Pace:
        if not quotas:
            return NoPace()
        return Pacer(resource, quotas, self.adapters.ledgers, self.adapters.clock)
