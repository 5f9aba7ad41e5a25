from collections.abc import Mapping, Sequence

import pytest

from sluice.errors import Fatal, Misconfigured, NotYet, StoreUnavailable, Throttled, Unavailable
from sluice.job.filters import FilterValue
from sluice.job.job import Job, JobKey, Status
from sluice.job.passage import Passage
from sluice.ports import Delivery, Piece
from sluice.work.worker import Report, Worker, WorkRules
from tests.builders import a_delivery, a_job, a_passage, a_stream_end
from tests.fakes import (
    FakeClock,
    FakeGenerator,
    FakePush,
    FakeRetriever,
    MemoryJobStore,
    MemoryLaneCounters,
    MemoryQueue,
    Step,
)
from tests.unit.test_answerer import unpaced

GOOD: Sequence[Step] = [Piece("Ninety days [1]."), a_stream_end()]
WORK = WorkRules(lease_seconds=30, max_attempts=3, give_up_seconds=3600)


class Shop:
    """A worker with everything around it in memory."""

    def __init__(self, *scripts: Sequence[Step], store: MemoryJobStore | None = None) -> None:
        self.clock = FakeClock()
        self.store = store or MemoryJobStore(self.clock)
        self.queue = MemoryQueue()
        self.lanes = MemoryLaneCounters()
        self.push = FakePush()
        self.retriever = FakeRetriever([a_passage()])
        self.generator = FakeGenerator(*(scripts or (GOOD,)))
        self.worker = Worker(
            self.store,
            self.queue,
            self.lanes,
            unpaced(self.retriever, self.generator, self.clock),
            self.push,
            self.clock,
            WORK,
            jitter=lambda low, high: high,
        )

    def answer_with(self, generator: FakeGenerator) -> None:
        """Let another model answer from now on."""
        self.generator = generator
        self.worker._answering = unpaced(self.retriever, generator, self.clock)

    def add(self, **fields: object) -> Job:
        job = a_job(**fields)
        self.store.create([job])
        return job

    def work(self, *deliveries: Delivery) -> list[Report]:
        return self.worker.work(deliveries, deadline=self.clock.now + 280)

    def deliver(self, job: Job, receives: int = 1) -> Report:
        (report,) = self.work(a_delivery(job.key, receives=receives))
        return report

    def now(self, job: Job) -> Job:
        found = self.store.get(job.key)
        assert found is not None
        return found

    def delay_of(self, job: Job) -> int:
        (last,) = self.queue.held[-1].items()
        assert last[0].body == job.key.model_dump_json()
        return last[1]


def test_a_delivered_job_is_completed_and_acknowledged() -> None:
    shop = Shop()
    job = shop.add()
    report = shop.deliver(job)
    assert (report.event, report.acknowledge) == ("completed", True)
    assert shop.now(job).status is Status.COMPLETED
    assert shop.now(job).attempts == 1


def test_messages_are_held_for_a_lease_and_no_longer_on_receipt() -> None:
    shop = Shop()
    shop.deliver(shop.add())
    assert list(shop.queue.held[0].values()) == [WORK.lease_seconds]


def test_a_batch_is_worked_on_side_by_side_and_each_job_alone() -> None:
    shop = Shop()
    good, other = shop.add(), shop.add()
    deliveries = [a_delivery(good.key), a_delivery(body="{}"), a_delivery(other.key)]
    reports = shop.work(*deliveries)
    assert [report.event for report in reports] == ["completed", "unreadable", "completed"]
    assert [report.delivery for report in reports] == deliveries


def test_a_duplicate_of_a_finished_job_is_acknowledged_and_changes_nothing() -> None:
    shop = Shop()
    job = shop.add()
    shop.deliver(job)
    before = shop.now(job)
    report = shop.deliver(job, receives=2)
    assert (report.event, report.acknowledge) == ("already-ended", True)
    assert shop.now(job) == before
    assert len(shop.generator.prompts) == 1


def test_a_duplicate_that_meets_a_live_lease_goes_back_until_the_lease_ends() -> None:
    shop = Shop()
    job = shop.add()
    shop.store.lease(job.key, attempt_id="other", now=shop.clock.now, until=shop.clock.now + 20)
    report = shop.deliver(job)
    assert (report.event, report.acknowledge) == ("leased-elsewhere", False)
    assert 20 <= shop.delay_of(job) <= 22


def test_a_lapsed_lease_lets_another_worker_finish() -> None:
    shop = Shop()
    job = shop.add()
    shop.store.lease(job.key, attempt_id="dead", now=shop.clock.now - 60, until=shop.clock.now - 30)
    assert shop.deliver(job).event == "completed"
    assert shop.now(job).attempts == 2


def test_a_message_of_a_job_that_is_gone_is_acknowledged() -> None:
    report = Shop().work(a_delivery(JobKey(caller="ann", job_id="gone")))[0]
    assert (report.event, report.acknowledge) == ("already-ended", True)


def test_a_message_nobody_can_read_is_buried_with_its_reason() -> None:
    shop = Shop()
    (report,) = shop.work(a_delivery(body="not json"))
    assert report.acknowledge
    assert shop.queue.buried == [(report.delivery, "the body is not a job key")]


def test_a_failed_upstream_gives_the_job_back_and_counts_the_attempt() -> None:
    shop = Shop()
    shop.retriever.error = Unavailable("Amazon Kendra did not answer.")
    job = shop.add()
    report = shop.deliver(job)
    assert (report.event, report.acknowledge) == ("given-back", False)
    assert shop.now(job).status is Status.QUEUED
    assert shop.now(job).attempts == 1
    assert shop.delay_of(job) == 8


def test_a_job_fails_with_the_reason_after_its_last_attempt() -> None:
    shop = Shop([Piece("Nine"), Unavailable("Amazon Bedrock did not answer.")])
    job = shop.add()
    events = [shop.deliver(job, receives).event for receives in (1, 2, 3)]
    assert events == ["given-back", "given-back", "failed"]
    failed = shop.now(job)
    assert failed.status is Status.FAILED
    assert failed.error is not None
    assert failed.error.type == "upstream-unavailable"
    assert failed.error.retryable
    assert failed.answer is None


def test_a_throttled_job_goes_back_as_often_as_it_takes() -> None:
    shop = Shop([Throttled("Amazon Bedrock is at the limit of its quota.")])
    job = shop.add()
    for receives in range(1, 20):
        assert shop.deliver(job, receives).event == "throttled"
    assert shop.now(job).attempts == 0
    assert shop.delay_of(job) == 60


def test_what_cannot_be_mended_fails_at_once() -> None:
    shop = Shop()
    shop.retriever.error = Misconfigured("Amazon Kendra refused this service's access.")
    job = shop.add()
    assert shop.deliver(job).acknowledge
    error = shop.now(job).error
    assert error is not None
    assert (error.type, error.retryable) == ("misconfigured", False)


def test_a_defect_of_ours_is_a_failed_attempt_and_not_a_lost_job() -> None:
    shop = Shop([KeyError("oops")])
    job = shop.add()
    for receives in (1, 2, 3):
        shop.deliver(job, receives)
    error = shop.now(job).error
    assert error is not None
    assert error.type == "internal-error"
    assert "oops" not in error.detail


def test_a_job_whose_workers_all_died_fails_when_it_is_found() -> None:
    shop = Shop()
    job = shop.add()
    for death in range(3):
        shop.store.lease(
            job.key,
            attempt_id=f"dead-{death}",
            now=shop.clock.now - 100 + death * 31,
            until=shop.clock.now - 71 + death * 31,
        )
    shop.clock.now += 100
    assert shop.deliver(job).event == "failed"
    error = shop.now(job).error
    assert error is not None
    assert error.type == "attempts-exhausted"
    assert shop.generator.prompts == []


def test_a_job_that_waited_too_long_fails_instead_of_being_answered() -> None:
    shop = Shop()
    job = shop.add()
    shop.clock.now += WORK.give_up_seconds + 1
    assert shop.deliver(job).event == "failed"
    error = shop.now(job).error
    assert error is not None
    assert error.type == "too-late"


def test_a_worker_that_lost_its_lease_changes_nothing() -> None:
    shop = Shop()
    job = shop.add()

    def successor_takes_over() -> None:
        shop.clock.now += 31
        shop.store.lease(job.key, attempt_id="next", now=shop.clock.now, until=shop.clock.now + 30)

    shop.answer_with(FakeGenerator([Piece("Old"), successor_takes_over, a_stream_end()]))
    report = shop.deliver(job)
    assert (report.event, report.acknowledge) == ("lease-lost", False)
    assert shop.now(job).attempt_id == "next"
    assert shop.now(job).answer is None


def test_work_stops_in_order_before_the_function_is_killed() -> None:
    shop = Shop()
    job = shop.add()

    def long_thought() -> None:
        shop.clock.now += 281

    shop.answer_with(FakeGenerator([Piece("A"), long_thought, Piece("B"), a_stream_end()]))
    assert shop.deliver(job).event == "given-back"
    assert shop.now(job).status is Status.QUEUED


def test_a_store_that_fails_leaves_the_message_in_the_queue() -> None:
    clock = FakeClock()

    class Failing(MemoryJobStore):
        def finish(self, job: Job) -> frozenset[str]:
            raise StoreUnavailable("The job store did not answer.")

    shop = Shop(store=Failing(clock))
    job = shop.add()
    report = shop.deliver(job)
    assert (report.event, report.acknowledge) == ("store-unavailable", False)
    assert shop.now(job).status is Status.IN_PROGRESS


def test_the_place_in_the_queue_moves_when_a_job_is_begun() -> None:
    shop = Shop()
    shop.deliver(shop.add(queue_number=7))
    assert list(shop.lanes.heads.values()) == [7]


def test_the_wait_is_told_with_the_answer() -> None:
    shop = Shop()
    job = shop.add()
    shop.clock.now += 12.5
    shop.deliver(job)
    assert shop.now(job).timing.queued_ms == 12_500


@pytest.mark.parametrize("error", [Fatal("No."), Unavailable("No."), KeyError("no")])
def test_one_jobs_trouble_is_not_anothers(error: Exception) -> None:
    shop = Shop()
    good, bad = shop.add(question="Good?"), shop.add(question="Bad?")

    class Picky(FakeRetriever):
        def retrieve(self, query: str, filters: Mapping[str, FilterValue]) -> Sequence[Passage]:
            if query == "Bad?":
                raise error
            return self.passages

    retriever = Picky([a_passage()])
    shop.worker._answering = unpaced(retriever, shop.generator, shop.clock)
    shop.work(a_delivery(good.key), a_delivery(bad.key))
    assert shop.now(good).status is Status.COMPLETED
    assert shop.now(bad).status is not Status.COMPLETED


def test_a_job_whose_turn_is_far_off_goes_back_until_then_and_that_is_no_attempt() -> None:
    shop = Shop([NotYet(retry_after=100)])
    job = shop.add()
    report = shop.deliver(job)
    assert (report.event, report.acknowledge) == ("not-yet", False)
    assert shop.now(job).attempts == 0
    assert shop.delay_of(job) == 120


def test_a_cancelled_answer_stops_at_the_next_look_and_keeps_its_text() -> None:
    shop = Shop()

    def cancel() -> None:
        shop.store.cancel(job.key, shop.clock.now)
        shop.clock.now += 2  # it is time to look

    shop.answer_with(FakeGenerator([Piece("Ninety "), cancel, Piece("days"), Piece(" NEVER READ")]))
    job = shop.add(subscribers=frozenset(["one"]))
    report = shop.deliver(job)
    assert (report.event, report.acknowledge) == ("cancelled", True)
    ended = shop.now(job)
    assert ended.status is Status.CANCELLED
    assert ended.answer is not None
    assert ended.answer.text == "Ninety days"
    assert shop.push.types("one")[-1] == "job.cancelled"


def test_an_unwatched_answer_stops_too() -> None:
    shop = Shop()

    def cancel() -> None:
        shop.store.cancel(job.key, shop.clock.now)
        shop.clock.now += 2

    shop.answer_with(FakeGenerator([Piece("Ninety "), cancel, Piece("days"), a_stream_end()]))
    job = shop.add()
    assert shop.deliver(job).event == "cancelled"


def test_a_job_is_not_given_back_once_its_caller_wants_it_no_more() -> None:
    shop = Shop()

    def cancel() -> None:
        shop.store.cancel(job.key, shop.clock.now)

    shop.answer_with(FakeGenerator([cancel, Throttled()]))
    job = shop.add()
    assert shop.deliver(job).event == "cancelled"
    assert shop.now(job).status is Status.CANCELLED


def test_a_cancel_that_its_dead_worker_never_saw_ends_the_job_before_it_costs_anything() -> None:
    shop = Shop()
    job = shop.add()
    now = shop.clock.now
    shop.store.lease(job.key, attempt_id="dead", now=now, until=now + 30)
    shop.store.cancel(job.key, now)
    shop.clock.now += 31
    assert shop.deliver(job).event == "cancelled"
    assert shop.generator.prompts == []


def test_a_job_that_was_not_to_begin_so_late_is_cancelled() -> None:
    shop = Shop()
    job = shop.add(begin_by=shop.clock.now - 1)
    assert shop.deliver(job).event == "cancelled"
    assert shop.now(job).status is Status.CANCELLED


def test_a_job_that_had_begun_in_time_may_be_tried_again() -> None:
    shop = Shop([Unavailable()], GOOD)
    job = shop.add(begin_by=shop.clock.now + 1)
    shop.deliver(job)
    shop.clock.now += 60
    assert shop.deliver(job, receives=2).event == "completed"


def test_a_lane_moves_on_when_an_answer_begins_or_a_job_ends() -> None:
    shop = Shop([Piece("Ninety"), a_stream_end()], [Misconfigured()], [NotYet(retry_after=5)])
    heads = []
    for queue_number in (1, 2, 3):
        job = shop.add(queue_number=queue_number)
        shop.deliver(job)
        heads.append(shop.lanes.heads.get(job.lane))
    assert heads == [1, 2, 2]
