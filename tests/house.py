"""The whole service in memory, wired as runtime/wiring.py wires it."""

from collections.abc import Sequence
from typing import Any

from sluice.intake.idempotency import IdempotencyKeys
from sluice.intake.open_jobs import OpenJobLimit
from sluice.intake.submission import Submission
from sluice.job.batch import BatchRequest
from sluice.job.filters import FilterFields
from sluice.job.job import Job
from sluice.job.question import Question
from sluice.pace.forecaster import Forecaster
from sluice.pace.ledger import ONE_CALL
from sluice.pace.pacer import Pace
from sluice.upkeep.cancellation import Cancellation
from sluice.upkeep.reader import JobReader
from sluice.upkeep.resending import Resender
from tests.fakes import (
    FakeClock,
    FakePush,
    MemoryIdempotencyStore,
    MemoryJobStore,
    MemoryLaneCounters,
    MemoryQueue,
)


class House:
    """Everything but a worker. `most_open` and `many_open` as for OpenJobLimit."""

    def __init__(
        self,
        *,
        most_open: int = 0,
        many_open: int = 20,
        clock: FakeClock | None = None,
        paces: Sequence[Pace] = (),
    ) -> None:
        self.clock = clock or FakeClock()
        self.store = MemoryJobStore(self.clock)
        self.queue = MemoryQueue()
        self.lanes = MemoryLaneCounters()
        self.push = FakePush()
        self.forecaster = Forecaster(self.lanes, paces, self.clock, ONE_CALL, rate_when_unknown=1.0)
        self.cancellation = Cancellation(self.store, self.push, self.clock)
        self.resender = Resender(self.store, self.queue, self.cancellation, self.clock)
        self.reader = JobReader(self.store, self.resender, self.forecaster, self.clock)
        self.submission = Submission(
            store=self.store,
            queue=self.queue,
            lanes=self.lanes,
            idempotency=IdempotencyKeys(MemoryIdempotencyStore(), self.clock),
            open_jobs=OpenJobLimit(self.store, self.forecaster, most_open, many_open),
            clock=self.clock,
            filters=FilterFields(),
            retention_seconds=86_400,
        )

    def submit(self, caller: str = "ann", *, key: str | None = None, **fields: object) -> Job:
        given = {"question": "How long is lost property kept?"} | fields
        return self.submission.submit(caller, Question.model_validate(given), key=key)

    def submit_batch(
        self, *questions: str | dict[str, Any], caller: str = "ann", key: str | None = None
    ) -> tuple[str, list[Job]]:
        entries = [{"question": each} if isinstance(each, str) else each for each in questions]
        body = {"questions": [{"custom_id": f"q{n}"} | each for n, each in enumerate(entries)]}
        return self.submission.submit_batch(caller, BatchRequest.model_validate(body), key=key)

    def finish(self, job: Job, status: Any, **fields: object) -> Job:
        """End a queued job, as a worker would."""
        now = self.clock.now
        leased = self.store.lease(job.key, attempt_id="a", now=now, until=now + 30)
        ended = leased.model_copy(update={"status": status, **fields})
        self.store.finish(ended)
        return ended
