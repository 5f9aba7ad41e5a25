from collections.abc import Sequence

from adapters.memory.clock import ManualClock
from adapters.memory.lane_counters import MemoryLaneCounters
from sluice.job.job import Lane, Status
from sluice.pace.forecaster import Forecaster
from sluice.pace.ledger import ONE_CALL, Quotas
from sluice.pace.pacer import Pace
from sluice.ports import LaneCounters
from tests.builders import a_job
from tests.fakes import FakePace


def forecaster_of(lanes: LaneCounters, paces: Sequence[Pace], rate: float) -> Forecaster:
    return Forecaster(lanes, paces, ManualClock(), ONE_CALL, rate_when_unknown=rate)


def test_a_job_waits_behind_the_queue_numbers_not_yet_begun() -> None:
    lanes = MemoryLaneCounters(rate=2.0)
    lanes.heads[Lane.INTERACTIVE] = 10
    forecast = forecaster_of(lanes, [], 1.0).forecast(a_job(queue_number=20))
    assert (forecast.position, forecast.estimated_wait_seconds) == (10, 5)
    assert forecast.retry_after_seconds == 4


def test_without_a_measured_rate_the_configured_rate_is_used() -> None:
    forecaster = forecaster_of(MemoryLaneCounters(rate=None), [], 4.0)
    assert forecaster.forecast(a_job(queue_number=8)).estimated_wait_seconds == 2


def test_a_queued_job_whose_turn_has_passed_is_next() -> None:
    lanes = MemoryLaneCounters(rate=1.0)
    lanes.heads[Lane.INTERACTIVE] = 10
    assert forecaster_of(lanes, [], 1.0).forecast(a_job(queue_number=3)).position == 1


def test_the_retry_after_is_at_most_two_minutes() -> None:
    forecaster = forecaster_of(MemoryLaneCounters(rate=0.001), [], 1.0)
    assert forecaster.forecast(a_job(queue_number=5)).retry_after_seconds == 120


def test_a_job_that_has_ended_waits_for_nothing() -> None:
    forecast = forecaster_of(MemoryLaneCounters(), [], 1.0).forecast(a_job(status=Status.COMPLETED))
    assert (forecast.position, forecast.retry_after_seconds) == (0, None)


def pace_of(per_second: float) -> FakePace:
    return FakePace(quotas=Quotas(queries_per_second=per_second))


def test_the_slowest_quota_sets_the_wait() -> None:
    paces = [pace_of(0.5), pace_of(4.0)]
    forecaster = forecaster_of(MemoryLaneCounters(rate=10.0), paces, 1.0)
    assert forecaster.forecast(a_job(queue_number=8)).estimated_wait_seconds == 15


def test_a_leased_job_that_waits_for_its_pace_is_forecast_too() -> None:
    forecaster = forecaster_of(MemoryLaneCounters(rate=1.0), [pace_of(0.5)], 1.0)
    forecast = forecaster.forecast(a_job(queue_number=10, status=Status.IN_PROGRESS))
    assert (forecast.position, forecast.estimated_wait_seconds) == (0, 19)
    assert forecast.retry_after_seconds == 15


def test_a_job_whose_answer_has_begun_has_a_short_retry_after() -> None:
    lanes = MemoryLaneCounters(rate=1.0)
    lanes.heads[Lane.INTERACTIVE] = 10
    forecast = forecaster_of(lanes, [pace_of(0.5)], 1.0).forecast(
        a_job(queue_number=10, status=Status.IN_PROGRESS)
    )
    assert (forecast.estimated_wait_seconds, forecast.retry_after_seconds) == (0, 2)


def test_many_forecasts_read_the_ledger_once() -> None:
    pace = pace_of(0.5)
    forecaster = forecaster_of(MemoryLaneCounters(rate=10.0), [pace], 1.0)
    waits = [
        each.estimated_wait_seconds
        for each in map(forecaster.outlook().of, [a_job(queue_number=n) for n in (1, 2, 9)])
    ]
    assert waits == [1, 3, 17]
    assert pace.reads == 1


def test_an_ended_job_needs_no_read_of_the_ledger() -> None:
    pace = pace_of(0.5)
    forecaster_of(MemoryLaneCounters(), [pace], 1.0).forecast(a_job(status=Status.FAILED))
    assert pace.reads == 0
