from sluice.forecast import Forecaster
from sluice.job import Lane, Status
from tests.builders import a_job
from tests.fakes import FakeClock, MemoryLaneBook


def test_a_job_waits_behind_the_tickets_not_begun() -> None:
    lanes = MemoryLaneBook(rate=2.0)
    lanes.heads[Lane.INTERACTIVE] = 10
    forecast = Forecaster(lanes, FakeClock(), rate_when_unknown=1.0).forecast(a_job(ticket=20))
    assert (forecast.position, forecast.estimated_wait_seconds) == (10, 5)
    assert forecast.retry_after_seconds == 5


def test_a_lane_that_has_not_moved_yet_is_forecast_by_its_size() -> None:
    forecaster = Forecaster(MemoryLaneBook(rate=None), FakeClock(), rate_when_unknown=4.0)
    assert forecaster.forecast(a_job(ticket=8)).estimated_wait_seconds == 2


def test_a_queued_job_whose_turn_has_passed_is_next() -> None:
    lanes = MemoryLaneBook(rate=1.0)
    lanes.heads[Lane.INTERACTIVE] = 10
    assert Forecaster(lanes, FakeClock(), 1.0).forecast(a_job(ticket=3)).position == 1


def test_nobody_is_told_to_poll_less_often_than_every_half_minute() -> None:
    forecaster = Forecaster(MemoryLaneBook(rate=0.001), FakeClock(), 1.0)
    assert forecaster.forecast(a_job(ticket=5)).retry_after_seconds == 30


def test_a_job_that_has_ended_waits_for_nothing() -> None:
    forecast = Forecaster(MemoryLaneBook(), FakeClock(), 1.0).forecast(
        a_job(status=Status.COMPLETED)
    )
    assert (forecast.position, forecast.retry_after_seconds) == (0, None)
