"""LaneCounters: the same facts in memory and on DynamoDB."""

from typing import Any

import pytest

from adapters.lane_counters import DynamoLaneCounters
from adapters.memory.lane_counters import MemoryLaneCounters
from sluice.job.job import Lane
from sluice.ports import LaneCounters
from tests.builders import NOW
from tests.table import TABLE

LANE = Lane.INTERACTIVE


@pytest.fixture(params=["memory", "dynamodb"])
def lanes(request: pytest.FixtureRequest) -> LaneCounters:
    if request.param == "memory":
        return MemoryLaneCounters()
    return DynamoLaneCounters(request.getfixturevalue("dynamodb"), TABLE)


def test_queue_numbers_count_up_from_one(lanes: LaneCounters) -> None:
    assert [lanes.take_numbers(LANE, 1) for _ in range(3)] == [1, 2, 3]


def test_an_unused_lane_has_no_head_and_no_rate(lanes: LaneCounters) -> None:
    state = lanes.state(LANE, NOW)
    assert (state.head, state.rate) == (0, None)


def test_several_numbers_are_taken_at_once(lanes: LaneCounters) -> None:
    assert [lanes.take_numbers(LANE, count) for count in (3, 1)] == [1, 4]


def test_each_lane_counts_by_itself(lanes: LaneCounters) -> None:
    lanes.take_numbers(LANE, 5)
    lanes.begin(LANE, 5, NOW)
    assert lanes.take_numbers(Lane.BULK, 1) == 1
    assert lanes.state(Lane.BULK, NOW).head == 0


def test_the_head_never_moves_back(lanes: LaneCounters) -> None:
    lanes.begin(LANE, 7, NOW)
    lanes.begin(LANE, 5, NOW + 1)
    assert lanes.state(LANE, NOW).head == 7


def test_the_rate_is_how_fast_the_head_moved_recently(lanes: LaneCounters) -> None:
    for second in range(60):
        lanes.begin(LANE, 1 + second * 3, NOW + second)
    assert lanes.state(LANE, NOW + 60).rate == pytest.approx(3, rel=0.05)


def test_a_lane_that_stood_still_has_no_rate(lanes: LaneCounters) -> None:
    for second in range(30):
        lanes.begin(LANE, 1 + second, NOW + second)
    assert lanes.state(LANE, NOW + 200).rate is None


def test_a_pause_does_not_slow_the_rate_after_it(lanes: LaneCounters) -> None:
    for second in range(30):
        lanes.begin(LANE, 1 + second, NOW + second)
    for second in range(30):
        lanes.begin(LANE, 100 + second * 2, NOW + 3600 + second)
    assert lanes.state(LANE, NOW + 3630).rate == pytest.approx(2, rel=0.1)


def test_another_workers_lower_number_does_not_move_the_head_back(dynamodb: Any) -> None:
    DynamoLaneCounters(dynamodb, TABLE).begin(LANE, 7, NOW)
    DynamoLaneCounters(dynamodb, TABLE).begin(LANE, 5, NOW + 1)
    assert DynamoLaneCounters(dynamodb, TABLE).state(LANE, NOW).head == 7
