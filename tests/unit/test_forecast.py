from collections.abc import Sequence

from sluice.forecast import Forecaster
from sluice.job import Lane, Status
from sluice.ledger import ONE_CALL, Quotas
from sluice.pacer import Pace
from sluice.seams import LaneBook
from tests.builders import a_job
from tests.fakes import FakeClock, FakePace, MemoryLaneBook


def forecaster_of(lanes: LaneBook, paces: Sequence[Pace], rate: float) -> Forecaster:
    return Forecaster(lanes, paces, FakeClock(), ONE_CALL, rate_when_unknown=rate)


def test_a_job_waits_behind_the_tickets_not_begun() -> None:
    lanes = MemoryLaneBook(rate=2.0)
    lanes.heads[Lane.INTERACTIVE] = 10
    forecast = forecaster_of(lanes, [], 1.0).forecast(a_job(ticket=20))
    assert (forecast.position, forecast.estimated_wait_seconds) == (10, 5)
    assert forecast.retry_after_seconds == 4


def test_a_lane_that_has_not_moved_yet_is_forecast_by_its_size() -> None:
    forecaster = forecaster_of(MemoryLaneBook(rate=None), [], 4.0)
    assert forecaster.forecast(a_job(ticket=8)).estimated_wait_seconds == 2


def test_a_queued_job_whose_turn_has_passed_is_next() -> None:
    lanes = MemoryLaneBook(rate=1.0)
    lanes.heads[Lane.INTERACTIVE] = 10
    assert forecaster_of(lanes, [], 1.0).forecast(a_job(ticket=3)).position == 1


def test_nobody_is_told_to_poll_less_often_than_every_two_minutes() -> None:
    forecaster = forecaster_of(MemoryLaneBook(rate=0.001), [], 1.0)
    assert forecaster.forecast(a_job(ticket=5)).retry_after_seconds == 120


def test_a_job_that_has_ended_waits_for_nothing() -> None:
    forecast = forecaster_of(MemoryLaneBook(), [], 1.0).forecast(a_job(status=Status.COMPLETED))
    assert (forecast.position, forecast.retry_after_seconds) == (0, None)


def pace_of(per_second: float) -> FakePace:
    return FakePace(quotas=Quotas(queries_per_second=per_second))


def test_the_slowest_quota_sets_the_wait() -> None:
    paces = [pace_of(0.5), pace_of(4.0)]
    forecaster = forecaster_of(MemoryLaneBook(rate=10.0), paces, 1.0)
    assert forecaster.forecast(a_job(ticket=8)).estimated_wait_seconds == 15


def test_a_job_that_waits_in_a_workers_hands_is_forecast_too() -> None:
    forecaster = forecaster_of(MemoryLaneBook(rate=1.0), [pace_of(0.5)], 1.0)
    forecast = forecaster.forecast(a_job(ticket=10, status=Status.IN_PROGRESS))
    assert (forecast.position, forecast.estimated_wait_seconds) == (0, 19)
    assert forecast.retry_after_seconds == 15


def test_a_job_whose_answer_has_begun_is_looked_at_soon() -> None:
    lanes = MemoryLaneBook(rate=1.0)
    lanes.heads[Lane.INTERACTIVE] = 10
    forecast = forecaster_of(lanes, [pace_of(0.5)], 1.0).forecast(
        a_job(ticket=10, status=Status.IN_PROGRESS)
    )
    assert (forecast.estimated_wait_seconds, forecast.retry_after_seconds) == (0, 2)


def test_many_forecasts_are_of_one_look() -> None:
    pace = pace_of(0.5)
    forecaster = forecaster_of(MemoryLaneBook(rate=10.0), [pace], 1.0)
    waits = [
        each.estimated_wait_seconds
        for each in map(forecaster.outlook().of, [a_job(ticket=n) for n in (1, 2, 9)])
    ]
    assert waits == [1, 3, 17]
    assert pace.looks == 1


def test_nobody_looks_at_a_ledger_for_a_job_that_has_ended() -> None:
    pace = pace_of(0.5)
    forecaster_of(MemoryLaneBook(), [pace], 1.0).forecast(a_job(status=Status.FAILED))
    assert pace.looks == 0
