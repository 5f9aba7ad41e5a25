"""The lane book on DynamoDB."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from adapters.lane_counters import DynamoLaneCounters
from sluice.job.job import Lane
from tests.builders import NOW
from tests.table import TABLE, create_table

LANE = Lane.INTERACTIVE


@pytest.fixture
def book() -> Iterator[DynamoLaneCounters]:
    with mock_aws():
        create_table()
        yield DynamoLaneCounters(boto3.client("dynamodb"), TABLE)


def test_tickets_count_up_from_one(book: DynamoLaneCounters) -> None:
    assert [book.take_numbers(LANE, 1) for _ in range(3)] == [1, 2, 3]


def test_a_lane_nobody_used_has_no_head_and_no_rate(book: DynamoLaneCounters) -> None:
    state = book.state(LANE, NOW)
    assert (state.head, state.rate) == (0, None)


def test_the_head_never_goes_back(book: DynamoLaneCounters) -> None:
    other = DynamoLaneCounters(boto3.client("dynamodb"), TABLE)
    book.begin(LANE, 7, NOW)
    other.begin(LANE, 5, NOW + 1)
    assert book.state(LANE, NOW).head == 7


def test_the_rate_is_how_fast_the_head_moved_of_late(book: DynamoLaneCounters) -> None:
    for second in range(60):
        book.begin(LANE, 1 + second * 3, NOW + second)
    assert book.state(LANE, NOW + 60).rate == pytest.approx(3, rel=0.05)


def test_a_lane_that_stood_still_has_no_rate(book: DynamoLaneCounters) -> None:
    for second in range(30):
        book.begin(LANE, 1 + second, NOW + second)
    assert book.state(LANE, NOW + 200).rate is None


def test_a_pause_does_not_slow_the_rate_after_it(book: DynamoLaneCounters) -> None:
    for second in range(30):
        book.begin(LANE, 1 + second, NOW + second)
    for second in range(30):
        book.begin(LANE, 100 + second * 2, NOW + 3600 + second)
    assert book.state(LANE, NOW + 3630).rate == pytest.approx(2, rel=0.1)
