"""A short `make bench-chaos`: a small burst while processes die, upstreams fail and messages repeat."""

import time
from dataclasses import replace

import pytest

from bench.chaos.history import History, State
from bench.chaos.leftovers import wrong_bookings
from bench.chaos.observations import Observations as Seen
from bench.chaos.plan import Rules, Way, plan
from bench.chaos.result import SeedResult as Outcome
from bench.chaos.run import run

#: Nothing here takes longer than a few seconds.
#: Time-outs, and jobs whose lost message is sent again after a minute, are for `make bench-chaos`.
RULES = Rules(
    jobs=40,
    lease_seconds=5,
    span=8,
    worker_kills=3,
    submit_kills=1,
    freezes=1,
    keyless=0,
    duplicates=0.4,
    faults=(
        "throttle=0.03 unavailable=0.06 error=0.05 cut=0.06 stream-error=0.03 stream-throttle=0.02"
        " slow=uniform:0.3:1.0 speed=200 kendra.throttle=0.03 kendra.unavailable=0.05"
    ),
    concurrency=2,
    longest=100,
)


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return run(1, RULES, print)


def test_no_accepted_job_is_lost_while_workers_die(outcome: Outcome) -> None:
    assert outcome.lost == []
    assert outcome.jobs >= RULES.jobs


def test_no_ended_job_changes(outcome: Outcome) -> None:
    assert outcome.changed == []


def test_nothing_happens_twice(outcome: Outcome) -> None:
    assert outcome.duplicated == []


def test_no_message_open_job_or_booking_is_left_behind(outcome: Outcome) -> None:
    assert outcome.left == []


def test_every_kind_of_failure_occurred(outcome: Outcome) -> None:
    assert outcome.killed["worker"] >= RULES.worker_kills
    assert outcome.killed["submit"] >= RULES.submit_kills
    assert outcome.frozen == RULES.freezes
    assert outcome.taken_over > 0
    assert outcome.doubled_messages > 10
    assert outcome.doubled_requests > 0
    assert outcome.told > 0
    assert sum(outcome.faults.values()) > 0


def test_the_same_seed_makes_the_same_plan() -> None:
    one = plan(7, RULES, ["Why?", "How?"])
    assert one == plan(7, RULES, ["Why?", "How?"])
    assert one != plan(8, RULES, ["Why?", "How?"])
    more_kills = plan(7, replace(RULES, worker_kills=9), ["Why?", "How?"])
    assert more_kills.orders == one.orders
    assert sum(len(order.asks) for order in one.orders) == RULES.jobs
    assert {order.way for order in one.orders} == set(Way)


def test_an_end_that_changes_is_noticed() -> None:
    seen = Seen()
    job = {"id": "1", "status": "completed", "answer": "yes", "queue": {"position": 0}}
    seen.look(job, time.monotonic())
    seen.look(job | {"queue": {"position": 3}}, time.monotonic())
    assert not seen.changed
    seen.look(job | {"answer": "no"}, time.monotonic())
    seen.look(job | {"status": "queued"}, time.monotonic())
    assert len(seen.changed) == 2
    seen.heard(job | {"answer": "perhaps"})
    assert len(seen.told_twice) == 1


def test_a_response_from_before_the_end_is_no_change() -> None:
    seen = Seen()
    asked_at = time.monotonic()
    seen.heard({"id": "1", "status": "completed"})
    seen.look({"id": "1", "status": "in_progress"}, asked_at)
    assert not seen.changed


def test_an_item_that_changes_after_its_end_is_noticed() -> None:
    held = State("in_progress", "a", 1, 105.0, 100.0, 0.0, "x")
    ended = State("completed", "a", 1, 105.0, 100.0, 103.0, "y")
    assert not History({"1": [held, ended, ended]}).changed_after_end()
    for later in (replace(ended, content="z"), held, None):
        assert len(History({"1": [held, ended, later]}).changed_after_end()) == 1


def test_a_recovery_is_counted_from_the_kill_that_ended_the_lease() -> None:
    first = State("in_progress", "a", 1, 130.0, 100.0, 0.0, "x")
    second = State("in_progress", "b", 2, 161.0, 131.0, 0.0, "y")
    ended = State("completed", "b", 2, 161.0, 131.0, 133.0, "z")
    history = History({"1": [first, second, ended]})
    (recovery,) = history.recoveries([80.0, 104.0, 106.0, 125.0], [], lease_seconds=30)
    assert (recovery.begun, recovery.ended) == (27.0, 29.0)
    assert not history.recoveries([80.0, 125.0], [], lease_seconds=30)
    assert not history.recoveries([104.0], [103.0], lease_seconds=30)


@pytest.mark.parametrize(
    "meter",
    [
        {"from": 1000, "booked": [5, -1]},
        {"from": 1000, "booked": [5] * 99},
        {"next": 1060},
        {"next": 999, "learned": {"units": 0}},
    ],
)
def test_a_booking_that_cannot_be_is_noticed(meter: dict[str, object]) -> None:
    assert list(wrong_bookings(meter, now=1001))
    assert not list(wrong_bookings({"from": 990, "booked": [5] * 10}, now=1001))
