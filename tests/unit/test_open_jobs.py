import pytest

from sluice.errors import Conflict, NotFound, TooLarge, TooManyOpenJobs
from sluice.job.job import Lane, Status
from tests.service import Service


def test_a_caller_with_many_open_jobs_gets_the_bulk_lane() -> None:
    service = Service(max_concurrency=3, batch_size=5)
    lanes = [service.submit().lane for _ in range(4)]
    assert lanes == [Lane.INTERACTIVE] * 3 + [Lane.BULK]


def test_a_batch_does_not_demote_its_callers_questions() -> None:
    service = Service(max_concurrency=3, batch_size=5)
    service.submit_batch(*["Why?"] * 50)
    assert service.submit().lane is Lane.INTERACTIVE


def test_questions_sent_to_the_bulk_lane_do_not_demote_others() -> None:
    service = Service(max_concurrency=3, batch_size=5)
    for _ in range(9):
        service.submit(lane="bulk")
    assert service.submit().lane is Lane.INTERACTIVE


def test_in_the_smallest_deployment_a_first_question_is_interactive() -> None:
    service = Service(max_concurrency=2, batch_size=1)
    assert [service.submit().lane for _ in range(2)] == [Lane.INTERACTIVE, Lane.BULK]


def test_jobs_of_both_lanes_count_against_the_limit() -> None:
    service = Service(max_open_jobs_per_caller=3)
    service.submit()
    service.submit_batch("Why?", "How?")
    with pytest.raises(TooManyOpenJobs):
        service.submit()


def test_other_callers_jobs_do_not_count() -> None:
    service = Service(max_concurrency=1, batch_size=5)
    service.submit("bob")
    assert service.submit("ann").lane is Lane.INTERACTIVE


def test_an_ended_job_no_longer_counts() -> None:
    service = Service(max_open_jobs_per_caller=1)
    job = service.submit()
    with pytest.raises(TooManyOpenJobs) as caught:
        service.submit()
    assert caught.value.retry_after >= 1
    service.finish(job, Status.COMPLETED)
    service.submit()


def test_a_batch_above_the_limit_is_refused_whole() -> None:
    service = Service(max_open_jobs_per_caller=3)
    service.submit()
    with pytest.raises(TooManyOpenJobs):
        service.submit_batch("Why?", "How?", "Where?")
    assert len(service.reader.list("ann", limit=10).jobs) == 1


def test_a_batch_larger_than_the_limit_is_too_large() -> None:
    with pytest.raises(TooLarge):
        Service(max_open_jobs_per_caller=1).submit_batch("Why?", "How?")


def test_without_a_limit_any_number_may_be_open() -> None:
    service = Service(max_open_jobs_per_caller=0)
    for _ in range(50):
        service.submit()


def test_a_repeated_request_does_not_count_again() -> None:
    service = Service(max_open_jobs_per_caller=1)
    job = service.submit(key="k")
    assert service.submit(key="k").id == job.id


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.CANCELLED])
def test_only_a_failed_job_can_be_retried(status: Status) -> None:
    service = Service()
    job = service.submit()
    service.finish(job, status)
    with pytest.raises(Conflict):
        service.submission.retry("ann", job.id)


def test_another_callers_job_cannot_be_retried() -> None:
    service = Service()
    job = service.submit()
    service.finish(job, Status.FAILED)
    with pytest.raises(NotFound):
        service.submission.retry("bob", job.id)
