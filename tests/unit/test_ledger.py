import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.job.job import Lane
from sluice.pace.ledger import Ledger, Quotas, Units

NOW = 1_800_000_000.0
MODEL = Quotas(tokens_per_minute=10_000, requests_per_minute=5)
FAR = NOW + 1000


def again(ledger: Ledger, quotas: Quotas, now: float) -> Ledger:
    return Ledger(quotas, ledger.dump(), now)


def bulk_calls(ledger: Ledger, units: Units, most: int = 1_000) -> int:
    """Book calls in the bulk lane until there is no room, and return how many were booked."""
    for booked in range(most):
        if not ledger.book(units, Lane.BULK, FAR)[0]:
            return booked
    raise AssertionError(f"{most} calls are booked, and there is still room")


def test_the_tightest_quota_decides() -> None:
    ledger = Ledger(MODEL, {}, NOW)
    for _ in range(4):
        assert ledger.book(Units(100), Lane.INTERACTIVE, FAR) == (True, NOW)
    booked, at = ledger.book(Units(100), Lane.INTERACTIVE, FAR)
    assert (booked, at) == (True, NOW + 61)


def test_nothing_is_booked_later_than_asked() -> None:
    ledger = Ledger(MODEL, {}, NOW)
    ledger.book(Units(9_000), Lane.INTERACTIVE, FAR)
    booked, at = ledger.book(Units(9_000), Lane.INTERACTIVE, NOW + 30)
    assert (booked, at) == (False, NOW + 61)
    assert again(ledger, MODEL, NOW + 61).book(Units(9_000), Lane.INTERACTIVE, FAR)[0]


def test_bulk_books_only_calls_that_are_almost_due() -> None:
    ledger = Ledger(MODEL, {}, NOW)
    ledger.book(Units(9_000), Lane.INTERACTIVE, FAR)
    assert ledger.book(Units(3_000), Lane.BULK, FAR)[0] is False
    assert ledger.book(Units(3_000), Lane.INTERACTIVE, FAR)[0] is True


def test_bulk_leaves_room_for_an_interactive_question() -> None:
    ledger = Ledger(Quotas(tokens_per_minute=10_000), {}, NOW)
    assert bulk_calls(ledger, Units(1_000)) == 8
    assert ledger.book(Units(1_000), Lane.INTERACTIVE, FAR) == (True, NOW)


def test_bulk_leaves_more_room_the_more_is_asked_interactively_but_never_all() -> None:
    quotas = Quotas(tokens_per_minute=100_000)
    ledger = Ledger(quotas, {}, NOW)
    for _ in range(90):
        ledger.book(Units(1_000), Lane.INTERACTIVE, FAR)
    later = again(ledger, quotas, NOW + 62)
    assert 49 <= bulk_calls(later, Units(1_000)) < 90


def test_a_call_that_can_never_fit_is_recognised() -> None:
    ledger = Ledger(MODEL, {}, NOW)
    assert ledger.fits(Units(9_000))
    assert not ledger.fits(Units(10_001))


def test_a_spent_daily_quota_opens_a_day_later() -> None:
    quotas = Quotas(tokens_per_day=10_000)
    ledger = Ledger(quotas, {}, NOW)
    ledger.book(Units(9_000), Lane.INTERACTIVE, FAR)
    booked, at = ledger.book(Units(9_000), Lane.INTERACTIVE, FAR)
    assert not booked
    assert at > NOW + 80_000


def test_a_deleted_ledger_starts_empty() -> None:
    assert Ledger(MODEL, {}, NOW).book(Units(9_000), Lane.BULK, FAR) == (True, NOW)


def booked_in_turn(ledger: Ledger, now: float, calls: int, units: Units) -> float:
    """Book calls one after the other, and return the seconds until the last of them."""
    at = now
    for _ in range(calls):
        booked, at = ledger.book(units, Lane.INTERACTIVE, FAR * 2)
        assert booked
    return at - now


@settings(max_examples=200)
@given(
    quotas=st.sampled_from(
        [
            Quotas(tokens_per_minute=10_000),
            Quotas(requests_per_minute=7),
            Quotas(queries_per_second=0.3),
            Quotas(tokens_per_minute=10_000, requests_per_minute=9),
        ]
    ),
    tokens=st.integers(200, 5_000),
    pauses=st.lists(st.floats(0, 30), max_size=40),
    calls=st.integers(1, 60),
)
def test_the_forecast_is_the_end_of_a_backlog_booked_call_by_call(
    quotas: Quotas, tokens: int, pauses: list[float], calls: int
) -> None:
    now = NOW
    ledger = Ledger(quotas, {}, now)
    for pause in pauses:
        now += pause
        ledger = again(ledger, quotas, now)
        _, at = ledger.book(Units(tokens), Lane.INTERACTIVE, FAR * 2)
        ledger.settle(Units(tokens), Units(tokens), at)
    forecast = ledger.wait(calls, Lane.INTERACTIVE, guess=Units(tokens))
    assert forecast == pytest.approx(
        booked_in_turn(again(ledger, quotas, now), now, calls, Units(tokens)), abs=2
    )


def test_the_forecast_of_the_bulk_lane_leaves_room_for_a_question() -> None:
    ledger = Ledger(Quotas(tokens_per_minute=10_000), {}, NOW)
    guess = Units(1_000)
    assert ledger.wait(8, Lane.BULK, guess) == 0
    assert ledger.wait(9, Lane.BULK, guess) == 61
    assert ledger.wait(9, Lane.INTERACTIVE, guess) == 0


def test_the_forecast_learns_what_calls_are_charged() -> None:
    quotas = Quotas(tokens_per_minute=10_000)
    ledger = Ledger(quotas, {}, NOW)
    assert ledger.wait(10, Lane.INTERACTIVE, Units(9_000)) == 9 * 61
    for _ in range(3):
        booked, at = ledger.book(Units(3_000), Lane.INTERACTIVE, FAR)
        assert booked
        ledger.settle(Units(3_000), Units(1_000), at)
    later = again(ledger, quotas, NOW + 61)
    assert later.wait(9, Lane.INTERACTIVE, Units(9_000)) == 0
    assert later.wait(10, Lane.INTERACTIVE, Units(9_000)) == 61


def test_without_calls_or_quotas_there_is_no_wait() -> None:
    ledger = Ledger(MODEL, {}, NOW)
    ledger.book(Units(9_000), Lane.INTERACTIVE, FAR)
    assert ledger.wait(0, Lane.BULK, Units(9_000)) == 0
    assert Ledger(Quotas(), {}, NOW).wait(1_000, Lane.BULK) == 0


@pytest.mark.parametrize(
    "state",
    [
        [],
        "no",
        None,
        {"meters": []},
        {"meters": {"tokens": 7}},
        {"meters": {"tokens": {"from": NOW, "booked": ["much"]}}},
        {"meters": {"tokens": {"from": NOW, "booked": [float("nan")]}}},
        {"meters": {"tokens": {"from": "then", "booked": [1]}}},
        {"meters": {"tokens": {"learned": {"units": 3}}}},
        {"meters": {"tokens": {"learned": {"units": "x", "at": NOW}}}},
        {"interactive": {"tokens": float("inf")}},
        {"usual": {"tokens": 100, "of": []}},
        {"usual": {"tokens": 100, "of": -1}},
    ],
)
def test_an_unreadable_ledger_starts_empty(state: Any) -> None:
    ledger = Ledger(MODEL, state, NOW)
    booked, at = ledger.book(Units(9_000), Lane.INTERACTIVE, FAR)
    assert (booked, at) == (True, NOW)
    ledger.settle(Units(9_000), Units(8_000), at)
    assert again(ledger, MODEL, NOW).book(Units(9_000), Lane.INTERACTIVE, FAR) == (True, NOW + 61)


@pytest.mark.parametrize("quota", [-1, float("nan"), float("inf")])
def test_an_invalid_quota_is_refused(quota: float) -> None:
    for name in ("tokens_per_minute", "queries_per_second"):
        with pytest.raises(ValueError, match=name):
            Quotas(**{name: quota})


def test_without_quotas_everything_is_booked() -> None:
    ledger = Ledger(Quotas(), {}, NOW)
    assert ledger.fits(Units(1e12))
    assert ledger.book(Units(1e12), Lane.BULK, NOW) == (True, NOW)
    assert not Quotas()


def test_a_ledger_with_all_quotas_full_is_a_small_item() -> None:
    quotas = Quotas(tokens_per_minute=1e7, requests_per_minute=1e5, tokens_per_day=1e10)
    now = NOW - 86_400
    ledger = Ledger(quotas, {}, now)
    while now < NOW:
        now += 900 if now < NOW - 900 else 1
        ledger.turn(now)
        for lane in Lane:
            ledger.book(Units(123_456.7), lane, now + 235)
    assert len(json.dumps(ledger.dump(), separators=(",", ":"))) < 4_000


def test_a_clock_that_is_an_hour_off_does_not_block_the_ledger() -> None:
    quotas = Quotas(tokens_per_minute=10_000, requests_per_minute=5, tokens_per_day=1e6)
    now = NOW
    ledger = Ledger(quotas, {}, now)
    for jump in (3_600, -3_600, -3_600, 3_600):
        assert ledger.book(Units(9_000), Lane.BULK, now + 100) == (True, now)
        now += jump
        ledger = again(ledger, quotas, now)


def leaves(state: Any) -> list[float]:
    """Return the numbers in a ledger's state, in order."""
    if isinstance(state, dict):
        return [leaf for name in sorted(state) for leaf in leaves(state[name])]
    if isinstance(state, list):
        return [leaf for each in state for leaf in leaves(each)]
    return [state]


def test_a_ledger_kept_in_memory_equals_one_stored_and_read() -> None:
    quotas = Quotas(tokens_per_minute=10_000, queries_per_second=2)
    kept = stored = Ledger(quotas, {}, NOW)
    for second in range(200):
        now = NOW + second
        stored = again(stored, quotas, now)
        kept.turn(now)
        lane = Lane.INTERACTIVE if second % 7 else Lane.BULK
        booked, at = kept.book(Units(500), lane, FAR)
        was_booked, was_at = stored.book(Units(500), lane, FAR)
        assert booked == was_booked
        assert at == pytest.approx(was_at, abs=0.2)
        for ledger in (kept, stored) if booked else ():
            ledger.settle(Units(500), Units(200 + second), at)
        if second % 50 == 0:
            kept.lower()
            stored.lower()
        assert leaves(kept.dump()) == pytest.approx(leaves(stored.dump()), rel=1e-3, abs=1)


def test_interactive_tokens_do_not_take_bulks_quota_of_requests() -> None:
    quotas = Quotas(tokens_per_minute=1e6, requests_per_minute=100)
    ledger = Ledger(quotas, {}, NOW)
    ledger.book(Units(5_000), Lane.INTERACTIVE, FAR)
    assert bulk_calls(ledger, Units(5_000)) == 95


def test_without_a_token_quota_no_call_is_too_large() -> None:
    ledger = Ledger(Quotas(requests_per_minute=5), {}, NOW)
    units = Units(1_000, at_most=9_000)
    assert ledger.fits(units)
    assert ledger.book(ledger.expect(units), Lane.BULK, FAR) == (True, NOW)
