from statistics import NormalDist, median

import pytest
from pydantic import ValidationError

from local.faults import Fault, FaultInjector, KendraFaults, Latency, ModelFaults, read_latency


def drawn(faults: KendraFaults, count: int, seed: str = "7") -> list[Fault | None]:
    fates = FaultInjector(faults, seed)
    return [fates.draw().fault for _ in range(count)]


def test_equal_seeds_draw_equal_faults_and_different_seeds_do_not() -> None:
    faults = ModelFaults(throttle=0.2, cut=0.2)
    assert drawn(faults, 200) == drawn(faults, 200)
    assert drawn(faults, 200) != drawn(faults, 200, seed="8")


def test_a_latency_does_not_change_which_calls_fail() -> None:
    faults = ModelFaults(throttle=0.2, cut=0.2)
    slow = ModelFaults(throttle=0.2, cut=0.2, slow=Latency("uniform", 1, 2))
    assert drawn(faults, 200) == drawn(slow, 200)


def test_each_fault_hits_its_share_of_the_calls() -> None:
    faults = ModelFaults(
        throttle=0.1,
        unavailable=0.1,
        error=0.1,
        timeout=0.1,
        cut=0.1,
        stream_error=0.1,
        stream_throttle=0.1,
    )
    hit = drawn(faults, 10_000)
    for fault in Fault:
        assert hit.count(fault) == pytest.approx(1000, rel=0.15)
    assert hit.count(None) == pytest.approx(3000, rel=0.15)


def test_a_share_of_zero_hits_no_call_and_a_share_of_one_every_call() -> None:
    assert set(drawn(ModelFaults(), 1000)) == {None}
    assert set(drawn(ModelFaults(cut=1), 1000)) == {Fault.CUT}


def test_a_stream_breaks_after_one_to_eight_deltas() -> None:
    fates = FaultInjector(ModelFaults(cut=1), "7")
    assert {fates.draw().deltas for _ in range(500)} == set(range(1, 9))


def test_a_lognormal_latency_has_the_median_and_the_p99_it_was_given() -> None:
    latency = read_latency("lognormal:1.0:3.0")
    assert latency is not None
    assert latency.seconds(0.5) == pytest.approx(1.0)
    assert latency.seconds(0.99) == pytest.approx(3.0)
    assert 0 < latency.seconds(0.0) < latency.seconds(1.0)
    # Its logarithm is normal: as far below the median as above it.
    assert latency.seconds(NormalDist().cdf(-1)) * latency.seconds(
        NormalDist().cdf(1)
    ) == pytest.approx(1.0)


def test_a_uniform_latency_stays_between_its_ends_and_a_constant_one_stays() -> None:
    fates = FaultInjector(ModelFaults(slow=Latency("uniform", 0.7, 1.3)), "7")
    seconds = [fates.draw().seconds or 0.0 for _ in range(2000)]
    assert 0.7 <= min(seconds) < 0.71
    assert 1.29 < max(seconds) <= 1.3
    assert median(seconds) == pytest.approx(1.0, abs=0.03)
    assert read_latency("1.5") == read_latency("constant:1.5") == Latency("constant", 1.5, 1.5)


@pytest.mark.parametrize(
    "text",
    [
        *("", "fast", "-1", "nan", "inf", "normal:1:2"),
        *("uniform:1", "uniform:2:1", "uniform:1:2:3", "uniform:a:b"),
        *("lognormal:0:3", "lognormal:3:1", "lognormal:1:inf"),
    ],
)
def test_an_invalid_latency_is_rejected(text: str) -> None:
    with pytest.raises(ValueError, match="SECONDS, uniform:LEAST:MOST or lognormal:MEDIAN:P99"):
        read_latency(text)


def test_shares_that_add_up_to_more_than_one_are_rejected() -> None:
    with pytest.raises(ValidationError, match="more than 1"):
        ModelFaults(throttle=0.6, cut=0.6)
    ModelFaults(throttle=0.1, cut=0.2, error=0.7)
