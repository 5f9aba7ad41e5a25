"""The whole service in memory, wired as runtime/wiring.py wires it."""

from collections.abc import Sequence
from typing import Any

from sluice.batch import BatchRequest
from sluice.cancelling import Cancellation
from sluice.filters import FilterFields
from sluice.forecast import Forecaster
from sluice.job import Job
from sluice.ledger import ONE_CALL
from sluice.pacer import Pace
from sluice.question import Question
from sluice.reading import JobReader
from sluice.replay import Replays
from sluice.rescue import Rescuer
from sluice.room import Room
from sluice.submission import Submission
from tests.fakes import (
    FakeClock,
    FakePush,
    MemoryClaimStore,
    MemoryJobStore,
    MemoryLaneBook,
    MemoryQueue,
)


class House:
    """Everything but a worker. `most_open` and `many_open` as for Room."""

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
        self.lanes = MemoryLaneBook()
        self.push = FakePush()
        self.forecaster = Forecaster(self.lanes, paces, self.clock, ONE_CALL, rate_when_unknown=1.0)
        self.rescuer = Rescuer(self.store, self.queue, self.push, self.clock)
        self.reader = JobReader(self.store, self.rescuer, self.forecaster, self.clock)
        self.cancellation = Cancellation(self.store, self.reader, self.push, self.clock)
        self.submission = Submission(
            store=self.store,
            queue=self.queue,
            lanes=self.lanes,
            replays=Replays(MemoryClaimStore(), self.clock),
            room=Room(self.store, self.forecaster, most_open, many_open),
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
