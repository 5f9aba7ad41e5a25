"""The limits of a plan are those of the service's ledger."""

import math

import pytest

from sluice.job.job import Lane
from sluice.pace.ledger import Ledger, Quotas, Units
from sluice_ops.plan.limits import Impossible, Windowed, limits
from sluice_ops.plan.load import Load


def a_load(tokens: int, *, burndown: int = 1) -> Load:
    """Return a load of calls that reserve `tokens`, all of which are charged."""
    return Load(1, tokens - 1, 1, 1, burndown, 1.0)


def the_limit(load: Load, **quota: float) -> Windowed:
    (limit,) = limits(Quotas(**quota), load)
    assert isinstance(limit, Windowed)
    return limit


def booked(ledger: Ledger, units: Units) -> int:
    """Return how many such calls the bulk lane can book now."""
    for calls in range(10_000):
        is_booked, _ = ledger.book(units, Lane.BULK, math.inf)
        if not is_booked:
            return calls
    raise AssertionError("10,000 calls are booked, and there is still room")


@pytest.mark.parametrize("tokens", [150, 999, 20_000, 45_000, 90_000, 98_000])
def test_a_minute_holds_as_many_calls_as_the_ledger_books(tokens: int) -> None:
    limit = the_limit(a_load(tokens), tokens_per_minute=100_000)
    calls = booked(Ledger(Quotas(tokens_per_minute=100_000), {}, 0), Units(tokens))
    # On average half a call stays unused; here all calls are alike.
    assert limit.per_window == pytest.approx(calls, abs=0.5)
    assert limit.span == 61


@pytest.mark.parametrize("quota", [2, 10, 300])
def test_a_minute_of_requests_holds_as_many_calls_as_the_ledger_books(quota: int) -> None:
    limit = the_limit(a_load(1_000), requests_per_minute=quota)
    calls = booked(Ledger(Quotas(requests_per_minute=quota), {}, 0), Units(1_000))
    assert (limit.per_window, limit.span) == (calls, 61)


def test_a_day_is_97_quarters_of_an_hour() -> None:
    limit = the_limit(a_load(9_000), tokens_per_day=1_000_000)
    calls = booked(Ledger(Quotas(tokens_per_day=1_000_000), {}, 0), Units(9_000))
    assert limit.per_window == pytest.approx(calls, abs=0.5)
    assert limit.span == 97 * 900


def test_what_the_ledger_refuses_is_impossible() -> None:
    assert the_limit(a_load(9_850), tokens_per_minute=10_000).per_window == 1
    with pytest.raises(Impossible):
        the_limit(a_load(9_851), tokens_per_minute=10_000)


def test_the_charge_is_booked_where_it_exceeds_the_reservation() -> None:
    limit = the_limit(a_load(1_000, burndown=500), tokens_per_minute=100_000)
    assert (limit.booked, limit.charged) == (1_499, 1_499)


@pytest.mark.parametrize(
    "quota",
    [{"tokens_per_minute": 100_000}, {"requests_per_minute": 70}, {"tokens_per_day": 1_000_000}],
    ids=str,
)
def test_the_quota_for_a_pace_is_the_smallest_that_allows_it(quota: dict[str, float]) -> None:
    limit = the_limit(a_load(1_500), **quota)
    (name,) = quota
    needed = limit.quota_for(2 * limit.pace)
    assert the_limit(a_load(1_500), **{name: needed}).pace >= 2 * limit.pace
    assert the_limit(a_load(1_500), **{name: needed - 1}).pace < 2 * limit.pace


def test_a_change_of_the_services_rules_changes_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    quotas = Quotas(queries_per_second=1, tokens_per_minute=1_000_000)
    before = [limit.pace for limit in limits(quotas, a_load(1_000))]
    for module in ("learned_quota", "sliding_window"):
        monkeypatch.setattr(f"sluice.pace.{module}.USED", 0.985 / 2)
    after = [limit.pace for limit in limits(quotas, a_load(1_000))]
    assert after == [pytest.approx(pace / 2, rel=0.01) for pace in before]
