import pytest

from sluice.errors import Conflict, NotFound, TooLarge, TooManyOpenJobs
from sluice.job.job import Lane, Status
from tests.house import House


def test_a_caller_with_many_open_jobs_steps_aside() -> None:
    house = House(many_open=3)
    lanes = [house.submit().lane for _ in range(4)]
    assert lanes == [Lane.INTERACTIVE] * 3 + [Lane.BULK]


def test_other_callers_jobs_do_not_count() -> None:
    house = House(many_open=1)
    house.submit("bob")
    assert house.submit("ann").lane is Lane.INTERACTIVE


def test_a_job_that_has_ended_makes_room() -> None:
    house = House(most_open=1)
    job = house.submit()
    with pytest.raises(TooManyOpenJobs) as caught:
        house.submit()
    assert caught.value.retry_after >= 1
    house.finish(job, Status.COMPLETED)
    house.submit()


def test_a_batch_without_room_is_refused_whole() -> None:
    house = House(most_open=3)
    house.submit()
    with pytest.raises(TooManyOpenJobs):
        house.submit_batch("Why?", "How?", "Where?")
    assert len(house.reader.list("ann", limit=10).jobs) == 1


def test_a_batch_that_never_finds_room_says_so() -> None:
    with pytest.raises(TooLarge):
        House(most_open=1).submit_batch("Why?", "How?")


def test_without_a_limit_any_number_may_be_open() -> None:
    house = House(most_open=0)
    for _ in range(50):
        house.submit()


def test_a_repetition_needs_no_room() -> None:
    house = House(most_open=1)
    job = house.submit(key="k")
    assert house.submit(key="k").id == job.id


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.CANCELLED])
def test_only_a_failed_job_is_retried(status: Status) -> None:
    house = House()
    job = house.submit()
    house.finish(job, status)
    with pytest.raises(Conflict):
        house.submission.retry("ann", job.id)


def test_another_callers_job_cannot_be_retried() -> None:
    house = House()
    job = house.submit()
    house.finish(job, Status.FAILED)
    with pytest.raises(NotFound):
        house.submission.retry("bob", job.id)
