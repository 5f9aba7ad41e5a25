from sluice.job.job import Lane, Status
from sluice.pace.ledger import Quotas
from tests.fakes import FakePace
from tests.house import House


def test_a_job_whose_message_never_left_is_sent_when_somebody_looks() -> None:
    house = House()
    job = house.submit()
    house.queue.sent.clear()  # as if the submission had died before it sent
    house.clock.now += 61
    house.reader.get("ann", job.id)
    assert house.queue.sent == [job.key]


def test_it_is_sent_once_and_then_less_and_less_often() -> None:
    house = House()
    job = house.submit()
    house.queue.sent.clear()
    for _ in range(60):
        house.clock.now += 10
        house.reader.get("ann", job.id)
    assert len(house.queue.sent) == 3  # after 60, 180 and 420 seconds


def test_a_job_whose_turn_has_not_come_is_left_alone() -> None:
    house = House()
    house.submit_batch(*["Why?"] * 100)
    _, jobs = house.submit_batch(*["Why?"] * 100)
    house.queue.sent.clear()
    house.clock.now += 120  # 200 jobs at one a second: not yet
    house.reader.get("ann", jobs[-1].id)
    assert house.queue.sent == []
    house.lanes.heads[Lane.BULK] = 200
    house.reader.get("ann", jobs[-1].id)
    assert house.queue.sent == [jobs[-1].key]


def test_a_job_that_was_given_back_is_left_alone() -> None:
    house = House()
    job = house.submit()
    now = house.clock.now
    house.store.give_back(
        house.store.lease(job.key, attempt_id="a", now=now, until=now + 30), counted=False
    )
    house.queue.sent.clear()
    house.clock.now += 3_600
    house.reader.get("ann", job.id)
    assert house.queue.sent == []


def test_a_job_that_waited_longer_than_its_caller_would_is_cancelled() -> None:
    house = House()
    job = house.submit(max_wait_seconds=30)
    assert house.reader.get("ann", job.id).status is Status.QUEUED
    house.clock.now += 31
    assert house.reader.get("ann", job.id).status is Status.CANCELLED


def test_looking_succeeds_though_the_queue_refuses() -> None:
    house = House()
    job = house.submit()
    house.queue.refuses = True
    house.clock.now += 3_600
    assert house.reader.get("ann", job.id).id == job.id


def test_a_batch_that_waits_long_costs_one_look_at_the_ledgers() -> None:
    pace = FakePace(quotas=Quotas(queries_per_second=0.1))
    house = House(paces=[pace])
    batch_id, _ = house.submit_batch(*["Why?"] * 100)
    house.clock.now += 90
    house.reader.batch("ann", batch_id)
    assert pace.looks == 1
