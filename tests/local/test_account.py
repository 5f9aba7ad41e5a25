import pytest

from local.bedrock.account import (
    TOO_MANY_REQUESTS,
    TOO_MANY_TOKENS,
    TOO_MANY_TOKENS_TODAY,
    Account,
)
from local.bedrock.errors import ServiceError
from local.bedrock.tokens import Usage
from local.conditions import Quotas
from local.quota import MINUTE, Shape
from tests.local.clock import ManualClock

ROLLING = Shape.ROLLING


def throttled(account: Account, input_tokens: int, max_tokens: int) -> str:
    with pytest.raises(ServiceError) as refused:
        account.reserve(input_tokens, max_tokens)
    assert (refused.value.kind, refused.value.status) == ("ThrottlingException", 429)
    return refused.value.message


def test_a_call_reserves_its_input_and_its_max_tokens() -> None:
    account = Account(Quotas(tokens=1000), ManualClock())
    account.reserve(200, 700)
    assert throttled(account, 1, 100) == TOO_MANY_TOKENS
    account.reserve(1, 99)


def test_a_call_is_charged_input_and_output_and_gives_back_the_rest() -> None:
    account = Account(Quotas(tokens=1000), ManualClock())
    account.reserve(200, 800).settle(Usage(200, 50))
    account.reserve(100, 650)
    assert throttled(account, 1, 0) == TOO_MANY_TOKENS
    meter = account.meter
    assert (meter.reserved, meter.charged, meter.given_back) == (1750, 250, 750)


def test_burndown_multiplies_the_output_alone() -> None:
    account = Account(Quotas(tokens=10_000, burndown=5), ManualClock())
    account.reserve(1000, 1000).settle(Usage(1000, 120))
    assert account.meter.charged == 1000 + 5 * 120
    account.reserve(1000, 1000).settle(Usage(1000, 900))  # more than it had reserved
    assert account.meter.charged == 1600 + 5500
    assert account.meter.given_back == 400
    account.reserve(2900, 0)
    assert throttled(account, 1, 0) == TOO_MANY_TOKENS


def test_a_request_counts_whatever_it_was_charged() -> None:
    clock = ManualClock()
    account = Account(Quotas(requests=2, shape=ROLLING), clock)
    for _ in range(2):
        account.reserve(1, 1).settle(Usage(0, 0))
    assert throttled(account, 1, 1) == TOO_MANY_REQUESTS
    clock.advance(MINUTE)
    account.reserve(1, 1)


def test_an_exhausted_day_is_reported_before_an_exhausted_minute() -> None:
    clock = ManualClock()
    account = Account(Quotas(tokens=100, day=150, shape=ROLLING), clock)
    account.reserve(100, 0)
    clock.advance(MINUTE)
    assert throttled(account, 60, 0) == TOO_MANY_TOKENS_TODAY
    account.reserve(50, 0)


def test_a_call_that_one_quota_rejects_takes_nothing_from_the_others() -> None:
    account = Account(Quotas(tokens=100, day=1000, requests=1, shape=ROLLING), ManualClock())
    account.reserve(10, 0)
    for _ in range(100):
        assert throttled(account, 90, 0) == TOO_MANY_REQUESTS
    assert account.meter.reserved == 10


def test_the_largest_minute_is_the_one_with_the_highest_charge() -> None:
    clock = ManualClock(100.0)
    account = Account(Quotas(), clock)
    for wait, output in ((0, 10), (30, 20), (29.9, 30), (0.1, 500), (200, 5)):
        clock.advance(wait)
        account.reserve(0, 1000).settle(Usage(0, output))
    assert account.meter.largest_minute() == 20 + 30 + 500


def test_a_call_that_has_not_ended_counts_with_its_reservation() -> None:
    clock = ManualClock()
    account = Account(Quotas(), clock)
    hold = account.reserve(10, 90)
    assert account.meter.largest_minute() == 100
    clock.advance(5)
    hold.settle(Usage(10, 1))
    assert account.meter.largest_minute() == 11
