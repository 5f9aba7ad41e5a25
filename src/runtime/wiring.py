"""The composition root of the API functions: it makes their services from adapters."""

from functools import cached_property

from runtime.adapters import Adapters
from runtime.paces import model_pace, retrieval_pace
from runtime.settings import Settings
from sluice.intake.idempotency import IdempotencyKeys
from sluice.intake.open_jobs import OpenJobLimit
from sluice.intake.submission import Submission
from sluice.pace.forecaster import Forecaster
from sluice.pace.ledger import Units
from sluice.push.tickets import Tickets
from sluice.upkeep.cancellation import Cancellation
from sluice.upkeep.reader import JobReader
from sluice.upkeep.resending import Resender

#: The estimated duration of an answer in seconds, for forecasts before the lane's rate is known.
_SECONDS_OF_AN_ANSWER = 10
#: A caller whose open interactive jobs reach this share of all slots is sent to the bulk lane.
_MANY = 0.2

_DAY = 86_400


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
            paces=[
                retrieval_pace(self.settings, self.adapters),
                model_pace(self.settings, self.adapters),
            ],
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

    def _first_guess(self) -> float:
        """The estimated tokens of an answer, until the ledger has learned them."""
        output = self.settings.max_output_tokens * self.settings.model_output_burndown
        return (self.settings.passage_tokens + output) / 2
