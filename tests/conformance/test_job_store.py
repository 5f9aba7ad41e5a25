"""JobStore: the same facts in memory and on DynamoDB."""

import pytest

from adapters.job_store import DynamoJobStore
from adapters.memory.clock import ManualClock
from adapters.memory.job_store import MemoryJobStore
from sluice.errors import CancelRequested, LeaseLost, LeaseRefused
from sluice.ids import job_ids, new_job_id
from sluice.job.answer import Answer, Citation
from sluice.job.job import JobError, Lane, Status, Timing, Usage
from sluice.job.source import Source
from sluice.job.turn import Turn
from sluice.ports import JobStore
from tests.builders import NOW, a_job, a_passage
from tests.table import TABLE


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest, clock: ManualClock) -> JobStore:
    if request.param == "memory":
        return MemoryJobStore(clock)
    return DynamoJobStore(request.getfixturevalue("dynamodb"), TABLE, clock)


def test_a_job_is_read_as_it_was_stored(store: JobStore) -> None:
    job = a_job(
        metadata={"ä": "😀"},
        filter={"category": "a", "year": 2024, "tags": ["x"]},
        turns=[Turn(question="Q?", answer="A.")],
    )
    store.create([job])
    assert store.get(job.key) == job


def test_a_finished_job_is_read_with_every_field(store: JobStore, clock: ManualClock) -> None:
    job = a_job()
    store.create([job])
    leased = store.lease(job.key, attempt_id="a", now=NOW, until=NOW + 30)
    done = leased.model_copy(
        update={
            "status": Status.COMPLETED,
            "answer": Answer(text="Yes [1].", citations=[Citation(start=4, end=7, source=1)]),
            "sources": [Source.of(1, a_passage(page=None, uri=None))],
            "usage": Usage(input_tokens=3, output_tokens=4, cost_usd=0.00125),
            "timing": Timing(queued_ms=1, retrieval_ms=2),
            "model": "m",
            "finished_at": job.created_at,
        }
    )
    store.finish(done)
    assert store.get(job.key) == done


def test_another_callers_key_finds_nothing(store: JobStore) -> None:
    job = a_job()
    store.create([job])
    assert store.get(job.key.model_copy(update={"caller": "bob"})) is None


def test_an_expired_job_is_gone_at_once(store: JobStore, clock: ManualClock) -> None:
    job = a_job()
    store.create([job])
    clock.now = job.expires_at + 1
    assert store.get(job.key) is None
    assert store.list("ann", status=None, limit=9, after=None).jobs == []
    with pytest.raises(LeaseRefused):
        store.lease(job.key, attempt_id="a", now=clock.now, until=clock.now + 30)


def test_a_queued_job_can_be_removed_but_not_a_leased_one(store: JobStore) -> None:
    queued, leased = a_job(), a_job()
    for job in (queued, leased):
        store.create([job])
    store.lease(leased.key, attempt_id="a", now=NOW, until=NOW + 30)
    store.remove(queued.key)
    store.remove(leased.key)
    assert store.get(queued.key) is None
    assert store.get(leased.key) is not None


def test_a_lease_counts_an_attempt_and_names_its_holder(store: JobStore) -> None:
    job = a_job()
    store.create([job])
    leased = store.lease(job.key, attempt_id="a", now=NOW + 1, until=NOW + 31)
    assert leased.status is Status.IN_PROGRESS
    assert (leased.attempts, leased.attempt_id, leased.lease_until) == (1, "a", NOW + 31)
    assert leased.started_at is not None
    assert store.get(job.key) == leased


def test_a_live_lease_refuses_another_worker(store: JobStore) -> None:
    job = a_job()
    store.create([job])
    store.lease(job.key, attempt_id="a", now=NOW, until=NOW + 30)
    with pytest.raises(LeaseRefused):
        store.lease(job.key, attempt_id="b", now=NOW + 30, until=NOW + 60)


def test_a_lapsed_lease_lets_another_worker_take_the_job(store: JobStore) -> None:
    job = a_job()
    store.create([job])
    store.lease(job.key, attempt_id="a", now=NOW, until=NOW + 30)
    taken = store.lease(job.key, attempt_id="b", now=NOW + 30.5, until=NOW + 60)
    assert (taken.attempts, taken.attempt_id) == (2, "b")


def test_a_worker_that_lost_its_lease_can_write_nothing(store: JobStore) -> None:
    job = a_job()
    store.create([job])
    old = store.lease(job.key, attempt_id="a", now=NOW, until=NOW + 30)
    new = store.lease(job.key, attempt_id="b", now=NOW + 31, until=NOW + 61)
    with pytest.raises(LeaseLost):
        store.extend(old, until=NOW + 90)
    with pytest.raises(LeaseLost):
        store.give_back(old, counted=True)
    with pytest.raises(LeaseLost):
        store.finish(old.model_copy(update={"status": Status.COMPLETED}))
    assert store.get(job.key) == new


def test_a_finished_job_never_changes(store: JobStore) -> None:
    job = a_job()
    store.create([job])
    leased = store.lease(job.key, attempt_id="a", now=NOW, until=NOW + 30)
    error = JobError(type="failed", title="T", detail="D", retryable=False)
    store.finish(leased.model_copy(update={"status": Status.FAILED, "error": error}))
    with pytest.raises(LeaseLost):
        store.finish(leased.model_copy(update={"status": Status.COMPLETED}))
    with pytest.raises(LeaseLost):
        store.extend(leased, until=NOW + 99)
    with pytest.raises(LeaseRefused):
        store.lease(job.key, attempt_id="b", now=NOW + 99, until=NOW + 120)
    found = store.get(job.key)
    assert found is not None
    assert (found.status, found.error) == (Status.FAILED, error)


def test_extending_a_lease_can_save_progress(store: JobStore) -> None:
    job = a_job()
    store.create([job])
    leased = store.lease(job.key, attempt_id="a", now=NOW, until=NOW + 30)
    so_far = leased.model_copy(
        update={"timing": Timing(retrieval_ms=7), "answer": Answer(text="Nine")}
    )
    store.extend(so_far, until=NOW + 40, keep=("timing", "answer"))
    stored = store.extend(leased, until=NOW + 50)
    assert (stored.lease_until, stored.timing.retrieval_ms) == (NOW + 50, 7)
    assert stored.answer == Answer(text="Nine")
    assert store.get(job.key) == stored


def test_a_new_attempt_starts_without_the_text_of_the_previous_one(store: JobStore) -> None:
    job = a_job()
    store.create([job])
    leased = store.lease(job.key, attempt_id="a", now=NOW, until=NOW + 30)
    so_far = leased.model_copy(
        update={"answer": Answer(text="Nine"), "sources": [Source.of(1, a_passage())]}
    )
    store.extend(so_far, until=NOW + 30, keep=("answer", "sources"))
    again = store.lease(job.key, attempt_id="b", now=NOW + 31, until=NOW + 60)
    assert (again.answer, again.sources) == (None, [])
    store.extend(again.model_copy(update={"answer": Answer(text="X")}), until=0, keep=["answer"])
    assert store.give_back(again, counted=True).answer is None


def test_subscribing_returns_the_job_and_the_workers_next_write_returns_the_subscriber(
    store: JobStore,
) -> None:
    job = a_job(subscribers=frozenset(["one"]))
    store.create([job])
    assert store.subscribe(job.key, "two") == job.model_copy(
        update={"subscribers": frozenset(["one", "two"])}
    )
    leased = store.lease(job.key, attempt_id="a", now=NOW, until=NOW + 30)
    assert leased.subscribers == {"one", "two"}
    store.subscribe(job.key, "two")
    store.subscribe(job.key, "three")
    store.unsubscribe(job.key, "one")
    assert store.extend(leased, until=NOW + 30).subscribers == {"two", "three"}


def test_finishing_a_job_returns_its_watchers_and_keeps_none(store: JobStore) -> None:
    job = a_job(subscribers=frozenset(["one"]))
    store.create([job])
    leased = store.lease(job.key, attempt_id="a", now=NOW, until=NOW + 30)
    assert store.finish(leased.model_copy(update={"status": Status.COMPLETED})) == {"one"}
    late = store.subscribe(job.key, "late")
    assert late is not None
    assert (late.status, late.subscribers) == (Status.COMPLETED, frozenset())


def test_an_unknown_job_cannot_be_watched(store: JobStore) -> None:
    job = a_job()
    assert store.subscribe(job.key, "one") is None
    store.unsubscribe(job.key, "one")
    assert store.get(job.key) is None
    store.create([job])
    assert store.subscribe(job.key.model_copy(update={"caller": "bob"}), "one") is None


def test_an_expired_job_cannot_be_watched(store: JobStore, clock: ManualClock) -> None:
    job = a_job()
    store.create([job])
    clock.now = job.expires_at + 1
    assert store.subscribe(job.key, "one") is None


@pytest.mark.parametrize(("counted", "attempts"), [(True, 1), (False, 0)])
def test_a_job_given_back_is_queued_again(store: JobStore, counted: bool, attempts: int) -> None:
    job = a_job()
    store.create([job])
    leased = store.lease(job.key, attempt_id="a", now=NOW, until=NOW + 30)
    store.give_back(leased, counted=counted)
    found = store.get(job.key)
    assert found is not None
    assert (found.status, found.attempts) == (Status.QUEUED, attempts)
    with pytest.raises(LeaseLost):
        store.extend(leased, until=NOW + 90)
    store.lease(job.key, attempt_id="b", now=NOW + 1, until=NOW + 31)


def test_a_list_has_the_callers_own_jobs_newest_first_in_pages(store: JobStore) -> None:
    mine = [a_job(created=NOW + number) for number in range(5)]
    for job in [*mine, a_job(caller="bob")]:
        store.create([job])
    first = store.list("ann", status=None, limit=2, after=None)
    second = store.list("ann", status=None, limit=2, after=first.last_id)
    third = store.list("ann", status=None, limit=2, after=second.last_id)
    ids = [job.id for page in (first, second, third) for job in page.jobs]
    assert ids == [job.id for job in reversed(mine)]
    assert third.last_id is None


def test_a_list_can_be_limited_to_one_status(store: JobStore) -> None:
    jobs = [a_job(created=NOW + number) for number in range(4)]
    for job in jobs:
        store.create([job])
    store.lease(jobs[1].key, attempt_id="a", now=NOW, until=NOW + 30)
    page = store.list("ann", status=Status.IN_PROGRESS, limit=10, after=None)
    assert [job.id for job in page.jobs] == [jobs[1].id]
    assert page.last_id is None


def test_several_jobs_are_stored_together_or_not_at_all(store: JobStore) -> None:
    stored, new = a_job(), a_job()
    assert store.create([stored])
    assert not store.create([new, stored])
    assert store.get(new.key) is None
    assert not store.create([stored])
    assert store.create([new, a_job()])
    assert store.get(new.key) == new


def test_a_list_can_be_limited_to_one_batch(store: JobStore) -> None:
    batch_id = new_job_id(NOW)
    ids = job_ids(batch_id, 5)
    jobs = [a_job(id=each, batch_id=batch_id, custom_id="x") for each in ids]
    store.create(jobs)
    store.create([a_job(), a_job()])
    page = store.list("ann", batch_id=batch_id, limit=100)
    assert [job.id for job in page.jobs] == ids[::-1]
    assert store.list("bob", batch_id=batch_id, limit=100).jobs == []
    first = store.list("ann", batch_id=batch_id, limit=3)
    assert [job.id for job in first.jobs] == ids[:1:-1]
    rest = store.list("ann", batch_id=batch_id, limit=3, after=first.last_id)
    assert [job.id for job in rest.jobs] == ids[1::-1]
    last = store.list("ann", batch_id=batch_id, limit=3, after=ids[0])
    assert (last.jobs, last.last_id) == ([], None)


def test_the_cursor_of_another_list_shows_no_more_of_a_batch(store: JobStore) -> None:
    batch_id = new_job_id(NOW)
    store.create([a_job(id=each, batch_id=batch_id) for each in job_ids(batch_id, 2)])
    earlier, later = new_job_id(NOW - 9), new_job_id(NOW + 9)
    assert store.list("ann", batch_id=batch_id, limit=9, after=earlier).jobs == []
    assert len(store.list("ann", batch_id=batch_id, limit=9, after=later).jobs) == 2


def test_jobs_count_as_open_until_they_end(store: JobStore) -> None:
    jobs = [a_job() for _ in range(4)]
    for job in jobs:
        store.create([job])
    store.create([a_job(caller="bob")])
    store.create([a_job(lane=Lane.BULK)])
    assert store.count_open("ann", Lane.BULK, 100) == 1
    assert store.count_open("ann", Lane.INTERACTIVE, 100) == 4
    assert store.count_open("ann", Lane.INTERACTIVE, 3) == 3
    assert store.count_open("ann", Lane.INTERACTIVE, 0) == 0
    leased = store.lease(jobs[0].key, attempt_id="a", now=NOW, until=NOW + 30)
    assert store.count_open("ann", Lane.INTERACTIVE, 100) == 4
    store.finish(leased.model_copy(update={"status": Status.COMPLETED}))
    store.cancel(jobs[1].key, NOW)
    assert store.count_open("ann", Lane.INTERACTIVE, 100) == 2


def test_cancelling_ends_a_job_that_no_worker_holds(store: JobStore) -> None:
    job = a_job()
    store.create([job])
    store.subscribe(job.key, "one")
    found = store.cancel(job.key, NOW)
    assert found is not None
    assert (found[0].status, found[1]) == (Status.CANCELLED, frozenset(["one"]))
    now = store.get(job.key)
    assert now is not None
    assert (now.status, now.subscribers) == (Status.CANCELLED, frozenset())
    assert now.finished_at is not None
    with pytest.raises(LeaseRefused):
        store.lease(job.key, attempt_id="a", now=NOW, until=NOW + 30)
    again = store.cancel(job.key, NOW + 5)
    assert again == (now, frozenset())


def test_cancelling_asks_the_worker_that_holds_a_job(store: JobStore) -> None:
    job = a_job()
    store.create([job])
    leased = store.lease(job.key, attempt_id="a", now=NOW, until=NOW + 30)
    found = store.cancel(job.key, NOW)
    assert found is not None
    assert (found[0].status, found[0].cancel_requested) == (Status.IN_PROGRESS, True)
    assert store.extend(leased, until=NOW + 60).cancel_requested
    with pytest.raises(CancelRequested):
        store.give_back(leased, counted=False)
    store.finish(leased.model_copy(update={"status": Status.CANCELLED}))
    ended = store.get(job.key)
    assert ended is not None
    assert ended.status is Status.CANCELLED


def test_cancelling_ends_a_job_whose_lease_has_lapsed(store: JobStore) -> None:
    job = a_job()
    store.create([job])
    leased = store.lease(job.key, attempt_id="a", now=NOW, until=NOW + 30)
    found = store.cancel(job.key, NOW + 31)
    assert found is not None
    assert found[0].status is Status.CANCELLED
    with pytest.raises(LeaseLost):
        store.extend(leased, until=NOW + 90)


def test_cancelling_leaves_a_completed_job_as_it_is(store: JobStore) -> None:
    job = a_job()
    store.create([job])
    leased = store.lease(job.key, attempt_id="a", now=NOW, until=NOW + 30)
    store.finish(leased.model_copy(update={"status": Status.COMPLETED}))
    found = store.cancel(job.key, NOW)
    assert found is not None
    assert found[0].status is Status.COMPLETED
    assert store.cancel(a_job().key, NOW) is None


def test_an_expired_job_cannot_be_cancelled(store: JobStore, clock: ManualClock) -> None:
    job = a_job()
    store.create([job])
    clock.now += 86_401
    assert store.cancel(job.key, clock.now) is None


def test_only_one_of_two_readers_may_send_a_lost_message_again(store: JobStore) -> None:
    job = a_job()
    store.create([job])
    assert store.note_sending(job, NOW + 60)
    assert not store.note_sending(job, NOW + 60)
    now = store.get(job.key)
    assert now is not None
    assert (now.sends, now.sent_at) == (2, NOW + 60)
    store.cancel(job.key, NOW + 61)
    assert not store.note_sending(now, NOW + 62)


def test_finishing_a_job_again_returns_the_watchers_its_worker_knew(store: JobStore) -> None:
    job = a_job()
    store.create([job])
    store.subscribe(job.key, "one")
    leased = store.lease(job.key, attempt_id="a", now=NOW, until=NOW + 30)
    end = {"status": Status.COMPLETED, "finished_at": job.created_at}
    done = leased.model_copy(update=end | {"subscribers": frozenset(["known"])})
    assert store.finish(done) == {"one"}
    assert store.finish(done) == {"known"}
    with pytest.raises(LeaseLost):
        store.finish(done.model_copy(update={"status": Status.FAILED}))
