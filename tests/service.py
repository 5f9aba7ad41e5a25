"""The whole service in memory, made by the product's own composition root."""

from collections.abc import Sequence
from typing import Any

from adapters.memory.adapters import MemoryAdapters
from adapters.memory.clock import ManualClock
from adapters.memory.generator import ScriptedGenerator, Step
from adapters.memory.job_store import MemoryJobStore
from adapters.memory.retriever import MemoryRetriever
from runtime.settings import Settings
from runtime.wiring import Wiring
from runtime.work_wiring import make_worker
from sluice.job.batch import BatchRequest
from sluice.job.job import Job, Status
from sluice.job.question import Question
from sluice.ports import Delivery, Piece
from sluice.push.posts import Call
from sluice.work.worker import Report
from tests.builders import a_delivery, a_job, a_passage, a_stream_end

#: What the model writes unless a test says otherwise.
GOOD: Sequence[Step] = [Piece("Ninety days [1]."), a_stream_end()]
#: Seconds that one execution of the worker has left for its jobs.
EXECUTION = 280


def a_settings(**changes: Any) -> Settings:
    """Return the settings of a small deployment without quotas."""
    given: dict[str, Any] = {
        "table_name": "jobs",
        "queue_url": "https://sqs.example/jobs",
        "bulk_queue_url": "https://sqs.example/bulk",
        "dead_letter_queue_url": "https://sqs.example/dead",
        "kendra_index_id": "an-index",
        "model_id": "scripted.model",
        "max_open_jobs_per_caller": 0,
        "give_up_minutes": 60,
        "retention_days": 1,
    }
    return Settings(**given | changes)


class InlinePosts:
    """Posts that run at once in the caller's thread; waiting takes no time."""

    def __init__(self) -> None:
        self._now = 0.0

    def now(self) -> float:
        return self._now

    def submit(self, call: Call, *, slow: bool) -> None:
        call()

    def later(self, seconds: float, call: Call) -> None:
        self._now += seconds
        call()


class Service:
    """Everything that the functions do, around one set of adapters; `settings` as in a_settings."""

    def __init__(
        self,
        *scripts: Sequence[Step],
        store: MemoryJobStore | None = None,
        retriever: Any = None,
        generator: Any = None,
        **settings: Any,
    ) -> None:
        self.adapters = MemoryAdapters()
        self.clock: ManualClock = self.adapters.clock
        if store is not None:
            self.adapters.store = store
        self.store = self.adapters.store
        self.queue = self.adapters.queue
        self.lanes = self.adapters.lanes
        self.lanes.rate = 1.0
        self.push = self.adapters.push
        self.retriever: MemoryRetriever = retriever or MemoryRetriever([a_passage()])
        self.generator: ScriptedGenerator = generator or ScriptedGenerator(*(scripts or [GOOD]))
        self.adapters.retrievers = [self.retriever]
        self.adapters.generator = self.generator
        self.settings = a_settings(**settings)
        wiring = Wiring(self.settings, self.adapters)
        self.submission = wiring.submission
        self.reader = wiring.reader
        self.cancellation = wiring.cancellation
        self.forecaster = wiring.forecaster
        self.resender = wiring.resender
        self.worker = make_worker(
            self.settings,
            self.adapters,
            self.adapters,
            posts=InlinePosts(),
            jitter=lambda low, high: high,
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

    def finish(self, job: Job, status: Status, **fields: object) -> Job:
        """End a queued job, as a worker would."""
        now = self.clock.now
        leased = self.store.lease(job.key, attempt_id="a", now=now, until=now + 30)
        ended = leased.model_copy(update={"status": status, **fields})
        self.store.finish(ended)
        return ended

    def add(self, **fields: object) -> Job:
        """Store a queued job without submitting it."""
        job = a_job(**fields)
        self.store.create([job])
        return job

    def work(self, *deliveries: Delivery) -> list[Report]:
        return self.worker.work(deliveries, deadline=self.clock.now + EXECUTION)

    def deliver(self, job: Job, receives: int = 1) -> Report:
        (report,) = self.work(a_delivery(job.key, receives=receives))
        return report

    def now(self, job: Job) -> Job:
        """Return the job as it is stored now."""
        found = self.store.get(job.key)
        assert found is not None
        return found

    def delay_of(self, job: Job) -> int:
        """Return for how many seconds the job's message was held last."""
        (last,) = self.queue.held[-1].items()
        assert last[0].body == job.key.model_dump_json()
        return last[1]
