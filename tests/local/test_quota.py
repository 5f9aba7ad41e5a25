from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.quota import (
    MINUTE,
    Bucket,
    FixedWindow,
    Quota,
    Reservation,
    RollingWindow,
    Shape,
    shaped,
)
from tests.local.clock import ManualClock

SHAPES = list(Shape)
QUOTA = 100


def minute(shape: Shape, clock: ManualClock, units: int = QUOTA) -> Quota:
    return shaped(shape, units, MINUTE, clock)


def held(quota: Quota, units: float) -> Reservation:
    reservation = quota.reserve(units)
    assert reservation is not None
    return reservation


@pytest.mark.parametrize("shape", SHAPES)
def test_a_full_quota_admits_exactly_its_units_at_once(shape: Shape) -> None:
    quota = minute(shape, ManualClock())
    held(quota, 60)
    held(quota, 40)
    assert quota.reserve(1) is None


@pytest.mark.parametrize("shape", SHAPES)
def test_a_call_larger_than_the_quota_is_never_admitted(shape: Shape) -> None:
    clock = ManualClock()
    quota = minute(shape, clock)
    for _ in range(5):
        assert quota.reserve(QUOTA + 1) is None
        clock.advance(MINUTE)
    held(quota, QUOTA)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_rejected_call_takes_nothing(shape: Shape) -> None:
    quota = minute(shape, ManualClock())
    held(quota, 90)
    assert quota.reserve(11) is None
    held(quota, 10)


@pytest.mark.parametrize("shape", SHAPES)
def test_what_a_call_gives_back_is_free_again_at_once(shape: Shape) -> None:
    quota = minute(shape, ManualClock())
    reservation = held(quota, QUOTA)
    quota.settle(reservation, 30)
    held(quota, 70)
    assert quota.reserve(1) is None


@pytest.mark.parametrize("shape", SHAPES)
def test_a_charge_beyond_the_reservation_counts_from_its_settling(shape: Shape) -> None:
    quota = minute(shape, ManualClock())
    reservation = held(quota, 10)
    quota.settle(reservation, 60)
    assert quota.reserve(41) is None
    held(quota, 40)


def test_a_bucket_refills_evenly_and_never_beyond_its_capacity() -> None:
    clock = ManualClock()
    quota = Bucket(60, 1, clock)
    held(quota, 60)
    clock.advance(10)
    assert quota.reserve(11) is None
    held(quota, 10)
    clock.advance(1000)
    held(quota, 60)
    assert quota.reserve(1) is None


def test_a_bucket_in_debt_pays_it_first() -> None:
    clock = ManualClock()
    quota = Bucket(60, 1, clock)
    quota.settle(held(quota, 60), 90)
    clock.advance(30)
    assert quota.reserve(1) is None
    clock.advance(1)
    held(quota, 1)


def test_units_given_back_late_do_not_overfill_a_bucket() -> None:
    clock = ManualClock()
    quota = Bucket(60, 1, clock)
    reservation = held(quota, 60)
    clock.advance(60)
    quota.settle(reservation, 0)
    held(quota, 60)
    assert quota.reserve(1) is None


def test_a_fixed_window_opens_on_the_minute() -> None:
    clock = ManualClock(59.0)
    quota = FixedWindow(QUOTA, MINUTE, clock)
    held(quota, QUOTA)
    clock.advance(0.9)
    assert quota.reserve(1) is None
    clock.advance(0.1)
    held(quota, QUOTA)


def test_units_given_back_after_the_minute_do_not_enlarge_the_next_one() -> None:
    clock = ManualClock(59.0)
    quota = FixedWindow(QUOTA, MINUTE, clock)
    reservation = held(quota, QUOTA)
    clock.advance(1)
    quota.settle(reservation, 0)
    held(quota, QUOTA)
    assert quota.reserve(1) is None


def test_a_rolling_window_frees_units_a_minute_after_each_was_taken() -> None:
    clock = ManualClock()
    quota = RollingWindow(QUOTA, MINUTE, clock)
    held(quota, 60)
    clock.advance(30)
    held(quota, 40)
    clock.advance(29.9)
    assert quota.reserve(1) is None
    clock.advance(0.1)
    assert quota.reserve(61) is None
    held(quota, 60)


def test_units_given_back_are_free_in_the_second_they_were_taken_in() -> None:
    clock = ManualClock()
    quota = RollingWindow(QUOTA, MINUTE, clock)
    reservation = held(quota, QUOTA)
    clock.advance(50)
    quota.settle(reservation, 40)
    held(quota, 60)
    clock.advance(10)  # only the 40 that were charged leave the window now
    assert quota.reserve(41) is None
    held(quota, 40)


def test_units_given_back_after_the_rolling_window_change_nothing() -> None:
    clock = ManualClock()
    quota = RollingWindow(QUOTA, MINUTE, clock)
    reservation = held(quota, QUOTA)
    clock.advance(MINUTE)
    held(quota, QUOTA)
    quota.settle(reservation, 0)
    assert quota.reserve(1) is None


@dataclass
class Step:
    """Wait, settle an open call (its position, a share of its reservation), then ask for units."""

    wait: float
    place: int
    share: float
    units: int


STEPS = st.lists(
    st.builds(
        Step,
        # Eighths of a second are exact in floating point, so that no edge is a matter of rounding.
        wait=st.integers(0, 480).map(lambda eighths: eighths / 8),
        place=st.integers(0, 50),
        share=st.sampled_from([0, 0.25, 0.5, 1, 1.5]),
        units=st.integers(1, 30).map(lambda units: 4 * units),
    ),
    max_size=60,
)


def follow(
    steps: list[Step], quota: Quota, clock: ManualClock, counts: Callable[[float], bool]
) -> None:
    """Compare a quota with a list of all units taken; `counts` decides which count now."""
    taken: list[list[float]] = []  # when, units
    opened: list[tuple[Reservation, list[float]]] = []
    for step in steps:
        clock.advance(step.wait)
        if opened:
            reservation, entry = opened.pop(step.place % len(opened))
            charged = entry[1] * step.share
            if charged > entry[1]:
                taken.append([clock.now, charged - entry[1]])
            else:
                entry[1] = charged
            quota.settle(reservation, charged)
        used = sum(units for at, units in taken if counts(at))
        reservation_now = quota.reserve(step.units)
        assert (reservation_now is not None) == (used + step.units <= QUOTA)
        if reservation_now:
            taken.append([clock.now, step.units])
            opened.append((reservation_now, taken[-1]))


@given(STEPS)
def test_a_rolling_window_admits_exactly_what_fits_the_trailing_minute(
    steps: list[Step],
) -> None:
    clock = ManualClock()
    quota = RollingWindow(QUOTA, MINUTE, clock)
    follow(steps, quota, clock, lambda at: at > clock.now - MINUTE)


@given(STEPS)
def test_a_fixed_window_admits_exactly_what_fits_its_minute(steps: list[Step]) -> None:
    clock = ManualClock()
    quota = FixedWindow(QUOTA, MINUTE, clock)
    follow(steps, quota, clock, lambda at: at // MINUTE == clock.now // MINUTE)


@given(STEPS)
def test_a_bucket_never_admits_more_than_its_capacity_and_its_refill(steps: list[Step]) -> None:
    clock = ManualClock()
    rate = QUOTA / 64  # exact in floating point
    quota = Bucket(QUOTA, rate, clock)
    flows: list[tuple[float, float]] = []  # when, units taken (or, negative, given back)
    opened: list[Reservation] = []
    for step in steps:
        clock.advance(step.wait)
        if opened:
            reservation = opened.pop(step.place % len(opened))
            charged = reservation.units * min(step.share, 1)
            flows.append((clock.now, charged - reservation.units))
            quota.settle(reservation, charged)
        if reservation_now := quota.reserve(step.units):
            flows.append((clock.now, step.units))
            opened.append(reservation_now)
    for first, (since, _) in enumerate(flows):
        passed = 0.0
        for at, units in flows[first:]:
            passed += units
            assert passed <= QUOTA + rate * (at - since) + 1e-3


@given(st.sampled_from(SHAPES), st.integers(0, 3600), STEPS)
def test_after_a_minute_without_calls_the_quota_is_full(
    shape: Shape, start: int, steps: list[Step]
) -> None:
    clock = ManualClock(start)
    quota = minute(shape, clock)
    for step in steps:
        clock.advance(step.wait)
        quota.reserve(step.units)
    clock.advance(MINUTE)
    held(quota, QUOTA)
    assert quota.reserve(1) is None
