import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from adapters.memory.clock import ManualClock
from adapters.memory.generator import ScriptedGenerator
from adapters.memory.ledgers import MemoryLedgerStore
from adapters.memory.retriever import MemoryRetriever
from sluice.answering.paced_generator import PacedGenerator
from sluice.answering.paced_retriever import PacedRetriever
from sluice.answering.tokens import estimate_prompt_tokens
from sluice.errors import LeaseLost, NotYet, QuotaTooSmall, StoreUnavailable, Throttled, Unavailable
from sluice.job.job import Lane
from sluice.pace.ledger import Quotas, Units
from sluice.pace.pacer import NoPace, Pacer
from sluice.ports import Piece, Prompt
from tests.builders import a_passage, a_stream_end
from tests.fakes import FakePace
from tests.unit.test_answerer import IgnoringListener
from tests.waiting import eventually

QUOTAS = Quotas(tokens_per_minute=10_000)
PROMPT = Prompt(system="Be brief.", user="Hello?")


@dataclass
class FakeWaiter:
    """A job that waits on a clock which tests set."""

    clock: ManualClock
    until: float = float("inf")
    is_lost: bool = False

    def wait(self, seconds: float) -> None:
        if self.is_lost:
            raise LeaseLost
        self.clock.sleep(seconds)


def a_pacer(clock: ManualClock, store: MemoryLedgerStore) -> Pacer:
    return Pacer("model", QUOTAS, store, clock, jitter=lambda low, high: high)


def test_within_the_quota_no_job_waits() -> None:
    clock = ManualClock()
    a_pacer(clock, MemoryLedgerStore()).reserve(Units(9_000), Lane.INTERACTIVE, FakeWaiter(clock))
    assert sum(clock.slept) == 0


def test_beyond_the_quota_a_job_waits_for_its_turn() -> None:
    clock = ManualClock()
    begun = clock.now
    pacer = a_pacer(clock, MemoryLedgerStore())
    pacer.reserve(Units(9_000), Lane.INTERACTIVE, FakeWaiter(clock))
    second = pacer.reserve(Units(9_000), Lane.INTERACTIVE, FakeWaiter(clock))
    assert clock.now >= second.at == begun + 61


def test_bulk_waits_without_booking_and_comes_back_in_time() -> None:
    clock = ManualClock()
    store = MemoryLedgerStore()
    pacer = a_pacer(clock, store)
    pacer.reserve(Units(8_000), Lane.BULK, FakeWaiter(clock))
    writes = store.writes
    pacer.reserve(Units(8_000), Lane.BULK, FakeWaiter(clock))
    assert store.writes == writes + 1


def test_a_job_does_not_wait_for_a_turn_that_comes_too_late() -> None:
    clock = ManualClock()
    pacer = a_pacer(clock, MemoryLedgerStore())
    pacer.reserve(Units(9_000), Lane.INTERACTIVE, FakeWaiter(clock))
    with pytest.raises(NotYet) as caught:
        pacer.reserve(Units(9_000), Lane.INTERACTIVE, FakeWaiter(clock, until=clock.now + 30))
    assert caught.value.retry_after == 61
    assert sum(clock.slept) == 0


def test_a_forecast_reads_the_ledger_and_writes_nothing() -> None:
    clock = ManualClock()
    store = MemoryLedgerStore()
    pacer = a_pacer(clock, store)
    pacer.reserve(Units(9_000), Lane.INTERACTIVE, FakeWaiter(clock))
    writes = store.writes
    assert pacer.ledger().wait(2, Lane.INTERACTIVE, Units(9_000)) == 61 + 61
    assert (store.writes, sum(clock.slept)) == (writes, 0)
    assert NoPace().ledger().wait(1_000, Lane.BULK) == 0


@pytest.mark.parametrize(
    "stored", ["[]", "7", '{"meters": 7}', '{"meters": {"tokens": {"from": null}}}']
)
def test_an_unreadable_ledger_is_replaced(stored: str) -> None:
    clock = ManualClock()
    store = MemoryLedgerStore()
    store.ledgers["model"] = (stored, 41)
    pacer = a_pacer(clock, store)
    pacer.reserve(Units(9_000), Lane.INTERACTIVE, FakeWaiter(clock))
    assert pacer.ledger().wait(1, Lane.INTERACTIVE, Units(9_000)) == 61
    assert store.ledgers["model"][1] == 42


def test_a_ledger_deleted_while_workers_run_starts_empty() -> None:
    clock = ManualClock()
    store = MemoryLedgerStore()
    pacer = a_pacer(clock, store)
    reservation = pacer.reserve(Units(9_000), Lane.INTERACTIVE, FakeWaiter(clock))
    store.ledgers.clear()
    pacer.settle(reservation, Units(5_000))
    pacer.reserve(Units(9_000), Lane.INTERACTIVE, FakeWaiter(clock))
    assert sum(clock.slept) == 0


def test_a_defect_while_writing_is_raised_for_every_job_that_waits() -> None:
    class Broken(MemoryLedgerStore):
        def read(self, resource: str) -> tuple[Mapping[str, Any], int]:
            raise RuntimeError(resource)

    clock = ManualClock()
    with pytest.raises(RuntimeError, match="model"):
        a_pacer(clock, Broken()).reserve(Units(1), Lane.BULK, FakeWaiter(clock))


def test_a_call_that_never_fits_fails_instead_of_waiting_for_ever() -> None:
    clock = ManualClock()
    with pytest.raises(QuotaTooSmall, match="20000 tokens"):
        a_pacer(clock, MemoryLedgerStore()).reserve(Units(20_000), Lane.BULK, FakeWaiter(clock))


def test_a_job_that_stops_waiting_returns_its_booking() -> None:
    clock = ManualClock()
    store = MemoryLedgerStore()
    pacer = a_pacer(clock, store)
    pacer.reserve(Units(9_000), Lane.INTERACTIVE, FakeWaiter(clock))
    with pytest.raises(LeaseLost):
        pacer.reserve(Units(9_000), Lane.INTERACTIVE, FakeWaiter(clock, is_lost=True))
    clock.now += 61
    pacer.reserve(Units(9_000), Lane.INTERACTIVE, FakeWaiter(clock))
    assert sum(clock.slept) == 0


def test_a_job_that_missed_its_turn_books_again() -> None:
    clock = ManualClock()
    store = MemoryLedgerStore()

    class Delayed(FakeWaiter):
        def wait(self, seconds: float) -> None:
            self.clock.now += 30 if not self.clock.slept else 0
            super().wait(seconds)

    reservation = a_pacer(clock, store).reserve(Units(9_000), Lane.INTERACTIVE, Delayed(clock))
    assert clock.now - reservation.at < 2
    with pytest.raises(NotYet):
        a_pacer(clock, store).reserve(
            Units(9_000), Lane.INTERACTIVE, FakeWaiter(clock, until=clock.now + 59)
        )


def test_workers_share_one_ledger() -> None:
    clock = ManualClock()
    store = MemoryLedgerStore()
    a_pacer(clock, store).reserve(Units(9_000), Lane.INTERACTIVE, FakeWaiter(clock))
    with pytest.raises(NotYet):
        a_pacer(clock, store).reserve(
            Units(9_000), Lane.INTERACTIVE, FakeWaiter(clock, until=clock.now + 1)
        )


def test_a_worker_that_loses_a_write_reads_again() -> None:
    clock = ManualClock()
    store = MemoryLedgerStore()
    store.overtaken = 5
    a_pacer(clock, store).reserve(Units(100), Lane.INTERACTIVE, FakeWaiter(clock))
    assert store.writes == 1


def test_too_many_lost_writes_send_a_job_back_without_an_attempt() -> None:
    clock = ManualClock()
    store = MemoryLedgerStore()
    pacer = a_pacer(clock, store)
    reservation = pacer.reserve(Units(100), Lane.INTERACTIVE, FakeWaiter(clock))
    store.overtaken = 1000
    with pytest.raises(NotYet) as caught:
        pacer.reserve(Units(100), Lane.INTERACTIVE, FakeWaiter(clock))
    assert caught.value.retry_after > 1
    with pytest.raises(StoreUnavailable):
        pacer.settle(reservation, Units(100))


def test_simultaneous_reservations_share_one_write() -> None:
    clock = ManualClock()
    store = MemoryLedgerStore()
    pacer = a_pacer(clock, store)
    first_is_reading, others_wait = threading.Event(), threading.Event()
    read = store.read

    def slow_read(resource: str) -> object:
        first_is_reading.set()
        assert others_wait.wait(10)
        return read(resource)

    store.read = slow_read  # type: ignore[method-assign,assignment]

    def reserve() -> None:
        pacer.reserve(Units(100), Lane.INTERACTIVE, FakeWaiter(clock))

    with ThreadPoolExecutor(10) as pool:
        jobs = [pool.submit(reserve)]
        assert first_is_reading.wait(10)
        jobs += [pool.submit(reserve) for _ in range(9)]
        eventually(lambda: len(pacer._waiting) == 9, seconds=8, pause=0.001)
        others_wait.set()
        for job in jobs:
            job.result(10)
    assert store.writes == 2


def test_a_call_books_what_bedrock_reserves_and_settles_what_it_charges() -> None:
    pace = FakePace()
    generator = PacedGenerator(ScriptedGenerator([Piece("Yes."), a_stream_end()]), pace, burndown=5)
    generation = generator.generate(
        PROMPT, max_tokens=500, lane=Lane.INTERACTIVE, waiter=IgnoringListener()
    )
    assert len(list(generation)) == 2
    prompt_tokens = estimate_prompt_tokens(PROMPT)
    assert pace.reserved == [Units(prompt_tokens + 500, at_most=prompt_tokens + 2_500)]
    assert pace.settled == [Units(100 + 20 * 5)]


def test_a_throttled_call_slows_the_pace_and_charges_nothing() -> None:
    pace = FakePace()
    generator = PacedGenerator(ScriptedGenerator([Throttled("no")]), pace, 1)
    with pytest.raises(Throttled):
        list(generator.generate(PROMPT, max_tokens=5, lane=Lane.BULK, waiter=IgnoringListener()))
    assert (pace.throttles, pace.settled) == (1, [])


def test_a_call_without_capacity_leaves_the_pace_alone() -> None:
    pace = FakePace()
    generator = PacedGenerator(ScriptedGenerator([Unavailable("no")]), pace, 1)
    with pytest.raises(Unavailable):
        list(generator.generate(PROMPT, max_tokens=5, lane=Lane.BULK, waiter=IgnoringListener()))
    assert (pace.throttles, pace.settled) == (0, [Units(0)])


def test_a_call_that_is_cut_is_charged_for_its_text() -> None:
    pace = FakePace()
    generator = PacedGenerator(ScriptedGenerator([Piece("word " * 50), a_stream_end()]), pace, 5)
    generation = generator.generate(
        PROMPT, max_tokens=500, lane=Lane.BULK, waiter=IgnoringListener()
    )
    next(generation)
    generation.close()
    (charged,) = pace.settled
    assert charged.tokens > estimate_prompt_tokens(PROMPT) + 50 * 5


def test_a_store_that_fails_after_the_answer_costs_no_answer() -> None:
    class Failing(FakePace):
        def settle(self, *_: object) -> None:
            raise StoreUnavailable("no")

    generator = PacedGenerator(ScriptedGenerator([Piece("Yes."), a_stream_end()]), Failing(), 1)
    assert (
        len(
            list(
                generator.generate(PROMPT, max_tokens=5, lane=Lane.BULK, waiter=IgnoringListener())
            )
        )
        == 2
    )


def test_a_query_has_a_reservation_too() -> None:
    pace = FakePace()
    retriever = MemoryRetriever([a_passage()])
    assert PacedRetriever([retriever], pace).retrieve("q", {}, Lane.BULK, IgnoringListener())
    assert pace.reserved == [Units()]
    retriever.error = Throttled("no")
    with pytest.raises(Throttled):
        PacedRetriever([retriever], pace).retrieve("q", {}, Lane.BULK, IgnoringListener())
    assert pace.throttles == 1


def test_without_a_reservation_no_query_is_made() -> None:
    retriever = MemoryRetriever([a_passage()])
    with pytest.raises(NotYet):
        PacedRetriever([retriever], FakePace(NotYet(retry_after=9))).retrieve(
            "q", {}, Lane.BULK, IgnoringListener()
        )
    assert retriever.asked == []


def test_if_the_first_retriever_finds_nothing_the_second_is_booked_and_asked() -> None:
    pace = FakePace()
    nothing, something, unasked = (
        MemoryRetriever(),
        MemoryRetriever([a_passage()]),
        MemoryRetriever(),
    )
    paced = PacedRetriever([nothing, something, unasked], pace)
    assert paced.retrieve("q", {}, Lane.BULK, IgnoringListener()) == [a_passage()]
    assert (len(something.asked), unasked.asked) == (1, [])
    assert pace.reserved == [Units(), Units()]
    assert PacedRetriever([nothing], pace).retrieve("q", {}, Lane.BULK, IgnoringListener()) == []
