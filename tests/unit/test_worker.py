from collections.abc import Mapping, Sequence

import pytest

from adapters.memory.clock import ManualClock
from adapters.memory.job_store import MemoryJobStore
from adapters.memory.retriever import MemoryRetriever
from sluice.errors import Fatal, Misconfigured, NotYet, StoreUnavailable, Throttled, Unavailable
from sluice.job.filters import FilterValue
from sluice.job.job import Job, JobKey, Status
from sluice.job.passage import Passage
from sluice.ports import Piece
from tests.builders import a_delivery, a_passage, a_stream_end
from tests.service import GOOD, Service


def test_a_delivered_job_is_completed_and_acknowledged() -> None:
    service = Service()
    job = service.add()
    report = service.deliver(job)
    assert (report.event, report.acknowledge) == ("completed", True)
    assert service.now(job).status is Status.COMPLETED
    assert service.now(job).attempts == 1


def test_on_receipt_messages_are_held_for_one_lease() -> None:
    service = Service()
    service.deliver(service.add())
    assert list(service.queue.held[0].values()) == [service.settings.lease_seconds]


def test_each_job_of_a_batch_has_its_own_report() -> None:
    service = Service()
    good, other = service.add(), service.add()
    deliveries = [a_delivery(good.key), a_delivery(body="{}"), a_delivery(other.key)]
    reports = service.work(*deliveries)
    assert [report.event for report in reports] == ["completed", "unreadable", "completed"]
    assert [report.delivery for report in reports] == deliveries


def test_a_duplicate_of_a_finished_job_is_acknowledged_and_changes_nothing() -> None:
    service = Service()
    job = service.add()
    service.deliver(job)
    before = service.now(job)
    report = service.deliver(job, receives=2)
    assert (report.event, report.acknowledge) == ("already-ended", True)
    assert service.now(job) == before
    assert len(service.generator.prompts) == 1


def test_a_duplicate_that_meets_a_live_lease_goes_back_until_the_lease_ends() -> None:
    service = Service()
    job = service.add()
    service.store.lease(
        job.key, attempt_id="other", now=service.clock.now, until=service.clock.now + 20
    )
    report = service.deliver(job)
    assert (report.event, report.acknowledge) == ("leased-elsewhere", False)
    assert 20 <= service.delay_of(job) <= 22


def test_a_lapsed_lease_lets_another_worker_finish() -> None:
    service = Service()
    job = service.add()
    service.store.lease(
        job.key, attempt_id="dead", now=service.clock.now - 60, until=service.clock.now - 30
    )
    assert service.deliver(job).event == "completed"
    assert service.now(job).attempts == 2


def test_a_message_of_a_missing_job_is_acknowledged() -> None:
    report = Service().work(a_delivery(JobKey(caller="ann", job_id="gone")))[0]
    assert (report.event, report.acknowledge) == ("already-ended", True)


def test_an_unreadable_message_becomes_a_dead_letter_with_its_reason() -> None:
    service = Service()
    (report,) = service.work(a_delivery(body="not json"))
    assert report.acknowledge
    assert [each.reason for each in service.queue.dead_letters] == ["the body is not a job key"]


def test_a_failed_upstream_gives_the_job_back_and_counts_the_attempt() -> None:
    service = Service()
    service.retriever.error = Unavailable("Amazon Kendra did not answer.")
    job = service.add()
    report = service.deliver(job)
    assert (report.event, report.acknowledge) == ("given-back", False)
    assert service.now(job).status is Status.QUEUED
    assert service.now(job).attempts == 1
    assert service.delay_of(job) == 8


def test_a_job_fails_with_the_reason_after_its_last_attempt() -> None:
    service = Service([Piece("Nine"), Unavailable("Amazon Bedrock did not answer.")])
    job = service.add()
    events = [service.deliver(job, receives).event for receives in (1, 2, 3)]
    assert events == ["given-back", "given-back", "failed"]
    failed = service.now(job)
    assert failed.status is Status.FAILED
    assert failed.error is not None
    assert failed.error.type == "upstream-unavailable"
    assert failed.error.retryable
    assert failed.answer is None


def test_a_throttled_job_goes_back_as_often_as_it_takes() -> None:
    service = Service([Throttled("Amazon Bedrock is at the limit of its quota.")])
    job = service.add()
    for receives in range(1, 20):
        assert service.deliver(job, receives).event == "throttled"
    assert service.now(job).attempts == 0
    assert service.delay_of(job) == 60


def test_a_misconfiguration_fails_the_job_at_once() -> None:
    service = Service()
    service.retriever.error = Misconfigured("Amazon Kendra refused this service's access.")
    job = service.add()
    assert service.deliver(job).acknowledge
    error = service.now(job).error
    assert error is not None
    assert (error.type, error.retryable) == ("misconfigured", False)


def test_a_defect_counts_attempts_and_fails_the_job() -> None:
    service = Service([KeyError("oops")])
    job = service.add()
    for receives in (1, 2, 3):
        service.deliver(job, receives)
    error = service.now(job).error
    assert error is not None
    assert error.type == "internal-error"
    assert "oops" not in error.detail


def test_a_job_whose_workers_all_died_fails_at_the_next_delivery() -> None:
    service = Service()
    job = service.add()
    for death in range(3):
        service.store.lease(
            job.key,
            attempt_id=f"dead-{death}",
            now=service.clock.now - 100 + death * 31,
            until=service.clock.now - 71 + death * 31,
        )
    service.clock.now += 100
    assert service.deliver(job).event == "failed"
    error = service.now(job).error
    assert error is not None
    assert error.type == "attempts-exhausted"
    assert service.generator.prompts == []


def test_a_job_that_waited_too_long_fails_instead_of_being_answered() -> None:
    service = Service()
    job = service.add()
    service.clock.now += service.settings.give_up_minutes * 60 + 1
    assert service.deliver(job).event == "failed"
    error = service.now(job).error
    assert error is not None
    assert error.type == "too-late"


def test_a_worker_that_lost_its_lease_changes_nothing() -> None:
    service = Service()
    job = service.add()

    def successor_takes_over() -> None:
        service.clock.now += 31
        service.store.lease(
            job.key, attempt_id="next", now=service.clock.now, until=service.clock.now + 30
        )

    service.generator.play([Piece("Old"), successor_takes_over, a_stream_end()])
    report = service.deliver(job)
    assert (report.event, report.acknowledge) == ("lease-lost", False)
    assert service.now(job).attempt_id == "next"
    assert service.now(job).answer is None


def test_a_job_is_given_back_before_the_function_is_killed() -> None:
    service = Service()
    job = service.add()

    def take_long() -> None:
        service.clock.now += 281

    service.generator.play([Piece("A"), take_long, Piece("B"), a_stream_end()])
    assert service.deliver(job).event == "given-back"
    assert service.now(job).status is Status.QUEUED


def test_a_store_that_fails_leaves_the_message_in_the_queue() -> None:
    clock = ManualClock()

    class Failing(MemoryJobStore):
        def finish(self, job: Job) -> frozenset[str]:
            raise StoreUnavailable("The job store did not answer.")

    service = Service(store=Failing(clock))
    job = service.add()
    report = service.deliver(job)
    assert (report.event, report.acknowledge) == ("store-unavailable", False)
    assert service.now(job).status is Status.IN_PROGRESS


def test_the_lanes_head_moves_when_a_job_is_begun() -> None:
    service = Service()
    service.deliver(service.add(queue_number=7))
    assert list(service.lanes.heads.values()) == [7]


def test_the_wait_is_recorded_with_the_answer() -> None:
    service = Service()
    job = service.add()
    service.clock.now += 12.5
    service.deliver(job)
    assert service.now(job).timing.queued_ms == 12_500


@pytest.mark.parametrize("error", [Fatal("No."), Unavailable("No."), KeyError("no")])
def test_an_error_of_one_job_does_not_affect_another(error: Exception) -> None:
    class Picky(MemoryRetriever):
        def retrieve(self, query: str, filters: Mapping[str, FilterValue]) -> Sequence[Passage]:
            if query == "Bad?":
                raise error
            return self.passages

    service = Service(retriever=Picky([a_passage()]))
    good, bad = service.add(question="Good?"), service.add(question="Bad?")
    service.work(a_delivery(good.key), a_delivery(bad.key))
    assert service.now(good).status is Status.COMPLETED
    assert service.now(bad).status is not Status.COMPLETED


def test_a_job_whose_turn_is_far_off_goes_back_without_an_attempt() -> None:
    service = Service([NotYet(retry_after=100)])
    job = service.add()
    report = service.deliver(job)
    assert (report.event, report.acknowledge) == ("not-yet", False)
    assert service.now(job).attempts == 0
    assert service.delay_of(job) == 120


def test_a_cancelled_answer_stops_at_the_next_save_and_keeps_its_text() -> None:
    service = Service()

    def cancel() -> None:
        service.store.cancel(job.key, service.clock.now)
        service.clock.now += 2  # it is time to save

    service.generator.play([Piece("Ninety "), cancel, Piece("days"), Piece(" NEVER READ")])
    job = service.add(subscribers=frozenset(["one"]))
    report = service.deliver(job)
    assert (report.event, report.acknowledge) == ("cancelled", True)
    ended = service.now(job)
    assert ended.status is Status.CANCELLED
    assert ended.answer is not None
    assert ended.answer.text == "Ninety days"
    assert service.push.types("one")[-1] == "job.cancelled"


def test_a_cancelled_answer_without_watchers_stops_too() -> None:
    service = Service()

    def cancel() -> None:
        service.store.cancel(job.key, service.clock.now)
        service.clock.now += 2

    service.generator.play([Piece("Ninety "), cancel, Piece("days"), a_stream_end()])
    job = service.add()
    assert service.deliver(job).event == "cancelled"


def test_a_job_whose_cancel_was_requested_is_not_given_back() -> None:
    service = Service()

    def cancel() -> None:
        service.store.cancel(job.key, service.clock.now)

    service.generator.play([cancel, Throttled()])
    job = service.add()
    assert service.deliver(job).event == "cancelled"
    assert service.now(job).status is Status.CANCELLED


def test_a_cancel_missed_by_a_dead_worker_ends_the_job_without_a_model_call() -> None:
    service = Service()
    job = service.add()
    now = service.clock.now
    service.store.lease(job.key, attempt_id="dead", now=now, until=now + 30)
    service.store.cancel(job.key, now)
    service.clock.now += 31
    assert service.deliver(job).event == "cancelled"
    assert service.generator.prompts == []


def test_a_job_past_its_begin_by_is_cancelled() -> None:
    service = Service()
    job = service.add(begin_by=service.clock.now - 1)
    assert service.deliver(job).event == "cancelled"
    assert service.now(job).status is Status.CANCELLED


def test_a_job_that_began_in_time_may_be_tried_again() -> None:
    service = Service([Unavailable()], GOOD)
    job = service.add(begin_by=service.clock.now + 1)
    service.deliver(job)
    service.clock.now += 60
    assert service.deliver(job, receives=2).event == "completed"


def test_a_lanes_head_moves_when_an_answer_begins_or_a_job_ends() -> None:
    service = Service([Piece("Ninety"), a_stream_end()], [Misconfigured()], [NotYet(retry_after=5)])
    heads = []
    for queue_number in (1, 2, 3):
        job = service.add(queue_number=queue_number)
        service.deliver(job)
        heads.append(service.lanes.heads.get(job.lane))
    assert heads == [1, 2, 2]
