import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.pace.even_spacing import EvenSpacing
from sluice.pace.sliding_window import SlidingWindow

NOW = 1_800_000_000.0


def a_minute(
    quota: float = 1000, state: dict[str, Any] | None = None, now: float = NOW
) -> SlidingWindow:
    return SlidingWindow(quota, 60, 60, state or {}, now)


def test_the_first_minutes_quota_is_available_at_once() -> None:
    meter = a_minute()
    for _ in range(9):
        assert meter.earliest(100, NOW, 0) == NOW
        meter.book(100, NOW)
    assert meter.earliest(100, NOW, 0) == pytest.approx(NOW + 61)


def test_a_refund_reopens_its_second() -> None:
    meter = a_minute()
    meter.book(900, NOW)
    assert meter.earliest(500, NOW + 1, 0) > NOW + 59
    meter.turn(NOW + 1)
    meter.correct(-600, NOW)
    assert meter.earliest(500, NOW + 1, 0) == NOW + 1


def test_an_extra_charge_counts_from_when_it_is_known() -> None:
    meter = a_minute()
    meter.book(400, NOW)
    meter.turn(NOW + 30)
    meter.correct(500, NOW)
    assert meter.earliest(400, NOW + 31, 0) == NOW + 61
    assert meter.earliest(700, NOW + 31, 0) == NOW + 91


def test_a_booking_far_ahead_closes_nothing_before_its_window() -> None:
    meter = a_minute()
    meter.book(900, NOW)
    meter.book(900, NOW + 122)
    # A booking at 61 counts in the windows that end with 61 to 121, and in no other.
    assert meter.earliest(500, NOW, 0) == NOW + 61


def test_the_spare_part_is_left_free() -> None:
    meter = a_minute()
    meter.book(800, NOW)
    assert meter.earliest(100, NOW, 0) == NOW
    assert meter.earliest(100, NOW, 150) > NOW + 59


def test_a_throttle_lowers_the_meter_to_what_was_used_and_it_recovers_slowly() -> None:
    meter = a_minute()
    meter.book(500, NOW)
    meter.turn(NOW + 1)
    meter.lower()
    assert meter.earliest(100, NOW + 1, 0) > NOW + 59
    later = a_minute(state=meter.dump(), now=NOW + 600)
    assert later.earliest(500, NOW + 600, 0) == NOW + 600
    later.book(500, NOW + 600)
    assert later.earliest(200, NOW + 600, 0) > NOW + 600
    much_later = a_minute(state=meter.dump(), now=NOW + 7000)
    assert much_later.earliest(980, NOW + 7000, 0) == NOW + 7000


def test_one_early_throttle_at_most_halves_a_meter() -> None:
    meter = a_minute()
    meter.book(10, NOW)
    meter.lower()
    assert meter.earliest(480, NOW, 0) == NOW
    assert meter.earliest(490, NOW, 0) > NOW


def test_simultaneous_throttles_at_most_halve_a_meter() -> None:
    meter = a_minute()
    for _ in range(10):
        meter.lower()
    again = a_minute(state=meter.dump(), now=NOW + 3)
    again.lower()
    assert again.earliest(490, NOW + 3, 0) == NOW + 3
    later = a_minute(state=again.dump(), now=NOW + 6)
    later.lower()
    later.book(240, NOW + 6)
    assert later.earliest(10, NOW + 6, 0) > NOW + 6


def test_a_stored_meter_is_read_as_it_was() -> None:
    meter = a_minute()
    for second in range(5):
        meter.book(100, NOW + second)
    again = a_minute(state=meter.dump(), now=NOW + 5)
    assert again.dump() == meter.dump()
    assert again.earliest(600, NOW + 5, 0) == meter.earliest(600, NOW + 5, 0)


def test_a_clock_that_jumps_does_not_block_the_meter() -> None:
    meter = a_minute()
    meter.book(900, NOW)
    back = a_minute(state=meter.dump(), now=NOW - 100_000)
    assert back.earliest(900, NOW - 100_000, 0) == NOW - 100_000
    forth = a_minute(state=meter.dump(), now=NOW + 100_000)
    assert forth.earliest(900, NOW + 100_000, 0) == NOW + 100_000


def test_a_call_above_the_learned_quota_is_tried_when_the_window_is_empty() -> None:
    meter = a_minute()
    meter.book(100, NOW)
    meter.lower()
    assert meter.earliest(500, NOW, 0) == pytest.approx(NOW + 61)


@settings(max_examples=200)
@given(
    st.lists(
        st.tuples(st.integers(1, 400), st.floats(0, 20), st.floats(0, 1)), min_size=1, max_size=60
    )
)
def test_no_trailing_minute_ever_holds_more_than_the_quota(
    calls: list[tuple[int, float, float]],
) -> None:
    """Calls come at any instant of the second that was booked for them."""
    meter = a_minute()
    now = NOW
    made: list[tuple[float, float]] = []
    for units, pause, within in calls:
        now += pause
        at = meter.earliest(units, now, 0)
        meter.book(units, at)
        made.append((max(at, int(at) + within * 0.999), units))
    for instant, _ in made:
        trailing = sum(units for when, units in made if instant - 60 < when <= instant)
        assert trailing <= 1000


def test_queries_are_evenly_spaced() -> None:
    meter = EvenSpacing(0.5, {}, NOW)
    times = []
    for _ in range(4):
        at = meter.earliest(1, NOW, 0)
        meter.book(1, at)
        times.append(at)
    gaps = [after - before for before, after in pairwise(times)]
    assert times[0] == NOW
    assert gaps == [pytest.approx(2, rel=0.02)] * 3
    assert min(gaps) >= 2


def test_an_idle_minute_of_queries_is_not_saved_up() -> None:
    meter = EvenSpacing(1, {}, NOW)
    meter.book(1, NOW)
    later = EvenSpacing(1, meter.dump(), NOW + 600)
    later.book(1, NOW + 600)
    assert later.earliest(1, NOW + 600, 0) > NOW + 600.9


def test_a_throttled_pace_of_queries_slows_down() -> None:
    meter = EvenSpacing(1, {}, NOW)
    meter.lower()
    first = meter.earliest(1, NOW, 0)
    meter.book(1, first)
    assert meter.earliest(1, NOW, 0) - first > 1 / 0.985 + 0.05


class EveryWindow:
    """What SlidingWindow must do, in the slow and obvious way: check every window."""

    def __init__(self, quota: float, now: float) -> None:
        self.most = quota * 0.985
        self.booked: dict[int, float] = {}
        self.now = now

    def earliest(self, units: float, start: float, spare: float) -> float:
        room = max(self.most - spare - units, 0)
        step = int(start)
        while any(self.window(end) > room for end in range(step, step + 61)):
            step += 1
        return max(start, step)

    def window(self, end: int) -> float:
        return sum(self.booked.get(step, 0) for step in range(end - 60, end + 1))

    def add(self, units: float, at: float) -> None:
        step = int(at)
        self.booked[step] = max(0, self.booked.get(step, 0) + units)


@settings(max_examples=300)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 400),
            st.sampled_from([0.0, 0.3, 1.0, 7.7, 40.0]),
            st.sampled_from([0, 0, 200]),
            st.integers(-400, 400),
            st.booleans(),
        ),
        max_size=40,
    )
)
def test_it_books_what_a_check_of_every_window_would_book(
    calls: list[tuple[int, float, int, int, bool]],
) -> None:
    """The meter is kept in memory, or stored and read again, or both in turn."""
    now = NOW
    kept, obvious = a_minute(), EveryWindow(1000, now)
    for units, pause, spare, change, is_stored in calls:
        now += pause
        if is_stored:
            kept = a_minute(state=kept.dump(), now=now)
        kept.turn(now)
        at = obvious.earliest(units, now, spare)
        assert kept.earliest(units, now, spare) == at
        kept.book(units, at)
        obvious.add(units, at)
        charged = max(0, units + change)
        kept.correct(charged - units, at)
        obvious.add(charged - units, at if charged < units else now)


def test_a_clock_set_back_and_forth_by_an_hour_does_not_block_a_meter() -> None:
    for meter in (a_minute(), EvenSpacing(0.1, {}, NOW)):
        now = NOW
        for jump in (-3_600, 3_600, 3_600, -3_600, -3_595, 3_595):
            for _ in range(3):
                meter.book(400, meter.earliest(400, now, 0))
            now += jump
            meter.turn(now)
            assert meter.earliest(400, now, 0) - now < 10_000
    even = EvenSpacing(1, {}, NOW)
    even.book(1, NOW)
    even.turn(NOW - 3_599)
    assert even.earliest(1, NOW - 3_599, 0) == NOW - 3_599
    window = a_minute()
    window.book(900, NOW)
    window.turn(NOW - 3_600)
    assert window.earliest(900, NOW - 3_600, 0) == NOW - 3_600


def test_a_full_minute_takes_little_space() -> None:
    meter = a_minute(quota=10_000_000)
    for second in range(62):
        meter.book(123_456.7, NOW + second)
    assert len(json.dumps(meter.dump())) < 800
