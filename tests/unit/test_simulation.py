"""A small simulated burst: what the large one shows must hold here too."""

import pytest

from bench.simulation.__main__ import main
from bench.simulation.burst import Burst
from bench.simulation.report import report
from bench.simulation.scenario import Model, Scenario
from bench.simulation.summary import Summary, summarize
from bench.simulation.upstream import Upstream
from local.quota import Shape, shaped

SCENARIO = Scenario(
    questions=5_000,
    callers=10,
    workers=40,
    models=(Model("A", 600_000, 1), Model("B", 600_000, 5), Model("C", 600_000, 15)),
    queries_per_second=40,
)


@pytest.fixture(scope="module")
def found() -> Summary:
    return summarize(Burst(SCENARIO).run())


def test_no_shape_of_quota_throttles_a_call(found: Summary) -> None:
    assert found.throttled == 0
    assert found.kendra_calls >= SCENARIO.questions


def test_every_question_ends_exactly_once(found: Summary) -> None:
    assert (found.lost, found.repeated) == (0, 0)
    assert sum(model.answers[-1][1] for model in found.models) == SCENARIO.questions + len(
        found.waits
    )


def test_the_quota_is_used(found: Summary) -> None:
    for model in found.models:
        assert 0.9 < model.drain / model.ideal <= 1.05


def test_a_single_question_does_not_wait_for_the_burst(found: Summary) -> None:
    assert min(model.drain for model in found.models) > 300
    assert len(found.waits) > 40
    assert found.wait(0.5) < 2
    assert found.wait(1) < 30


def test_a_message_is_received_about_once(found: Summary) -> None:
    assert found.receives < 1.1


def test_forecasts_are_about_right(found: Summary) -> None:
    assert len(found.forecasts) > 100
    assert found.forecast_error(0.5) < 0.1


def test_the_same_seed_gives_the_same_burst() -> None:
    def small(seed: int) -> str:
        scenario = Scenario(questions=300, callers=3, workers=12, seed=seed)
        return report(scenario, summarize(Burst(scenario).run()))

    assert small(1) == small(1)
    assert small(1) != small(2)


def test_the_simulated_quotas_throttle_calls_without_a_pace() -> None:
    """Otherwise "nothing was throttled" would prove nothing."""
    quotas = {str(shape): shaped(shape, 1_000, 60, lambda: 1_800_000_000.0) for shape in Shape}
    upstream = Upstream(quotas)
    for _ in range(20):
        upstream.end(upstream.begin(100), 100)
    assert set(upstream.throttled.values()) == {10}


@pytest.mark.parametrize(
    "arguments",
    [["--questions", "0"], ["--workers", "-3"], ["--quotas", "0"], ["--callers", "one"]],
)
def test_invalid_options_are_refused_with_a_reason(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    error = capsys.readouterr().err
    assert "must be" in error
    assert f"not {arguments[1]}" in error


def test_with_far_too_many_workers_jobs_go_back_and_none_is_lost() -> None:
    """More jobs run at a time than the quota can serve while they may wait."""
    scenario = Scenario(questions=1_000, callers=1, workers=100, models=(Model("A", 100_000, 1),))
    found = summarize(Burst(scenario).run())
    assert found.give_backs > 100
    assert (found.lost, found.repeated, found.throttled) == (0, 0, 0)
    assert found.receives < 10
    # One question in twenty is interactive, and the bulk lane leaves room for twice as many.
    assert found.models[0].drain / found.models[0].ideal < 1.2
