"""Clock: the same facts for the system clock and for one that a test sets."""

import pytest

from adapters.clock import SystemClock
from adapters.memory.clock import ManualClock
from sluice.clock import Clock

#: 2024 and 2100, in seconds since 1970.
EARLIEST, LATEST = 1_704_067_200, 4_102_444_800


@pytest.fixture(params=[ManualClock, SystemClock])
def clock(request: pytest.FixtureRequest) -> Clock:
    made: Clock = request.param()
    return made


def test_time_is_in_seconds_since_1970(clock: Clock) -> None:
    assert EARLIEST < clock.time() < LATEST


def test_a_sleep_lasts_at_least_as_long_as_asked(clock: Clock) -> None:
    before = clock.time()
    clock.sleep(0.02)
    assert clock.time() - before >= 0.019


def test_time_never_goes_back(clock: Clock) -> None:
    first = clock.time()
    assert clock.time() >= first
