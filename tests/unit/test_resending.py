from sluice.job.job import Lane, Status
from tests.service import Service


def test_reading_a_job_sends_its_lost_message_again() -> None:
    service = Service()
    job = service.submit()
    service.queue.sent.clear()  # as if the function had died before it sent the message
    service.clock.now += 61
    service.reader.get("ann", job.id)
    assert service.queue.sent == [job.key]


def test_a_message_is_sent_again_at_growing_intervals() -> None:
    service = Service()
    job = service.submit()
    service.queue.sent.clear()
    for _ in range(60):
        service.clock.now += 10
        service.reader.get("ann", job.id)
    assert len(service.queue.sent) == 3  # after 60, 180 and 420 seconds


def test_a_job_before_its_expected_wait_is_not_sent_again() -> None:
    service = Service()
    service.submit_batch(*["Why?"] * 100)
    _, jobs = service.submit_batch(*["Why?"] * 100)
    service.queue.sent.clear()
    service.clock.now += 120  # 200 jobs at one a second: not yet
    service.reader.get("ann", jobs[-1].id)
    assert service.queue.sent == []
    service.lanes.heads[Lane.BULK] = 200
    service.reader.get("ann", jobs[-1].id)
    assert service.queue.sent == [jobs[-1].key]


def test_a_job_that_was_given_back_is_not_sent_again() -> None:
    service = Service()
    job = service.submit()
    now = service.clock.now
    service.store.give_back(
        service.store.lease(job.key, attempt_id="a", now=now, until=now + 30), counted=False
    )
    service.queue.sent.clear()
    service.clock.now += 3_600
    service.reader.get("ann", job.id)
    assert service.queue.sent == []


def test_a_job_past_its_max_wait_is_cancelled() -> None:
    service = Service()
    job = service.submit(max_wait_seconds=30)
    assert service.reader.get("ann", job.id).status is Status.QUEUED
    service.clock.now += 31
    assert service.reader.get("ann", job.id).status is Status.CANCELLED


def test_reading_a_job_succeeds_though_the_queue_refuses() -> None:
    service = Service()
    job = service.submit()
    service.queue.refuses = True
    service.clock.now += 3_600
    assert service.reader.get("ann", job.id).id == job.id


def test_reading_a_batch_reads_the_ledgers_once() -> None:
    service = Service(kendra_queries_per_second=0.1)
    batch_id, _ = service.submit_batch(*["Why?"] * 100)
    service.clock.now += 90
    before = service.adapters.ledgers.reads
    service.reader.batch("ann", batch_id)
    assert service.adapters.ledgers.reads == before + 1
