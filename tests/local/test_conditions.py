import pytest

from local.bedrock.speed import OutputSpeed
from local.conditions import Conditions, Quotas, UnreadableConditions
from local.faults import KendraFaults, Latency, ModelFaults
from local.quota import Shape


def sent(conditions: Conditions) -> Conditions:
    return Conditions.model_validate_json(conditions.model_dump_json())


def test_by_default_there_are_no_quotas_and_no_faults() -> None:
    assert Conditions.read("", "") == Conditions() == sent(Conditions())
    assert Conditions().quotas == Quotas(tokens=0, requests=0, day=0, queries=0, burndown=1)


def test_two_texts_set_all_conditions() -> None:
    quotas = "tokens=300000 requests=0 day=9 burndown=5 shape=rolling queries=0.5 burst=2"
    faults = "throttle=0.01,unavailable=0.02 stream-error=0.03, slow=lognormal:1.0:3.0,speed=0"
    faults += " kendra.timeout=0.1,kendra.slow=2 seed=7"
    assert Conditions.read(quotas, faults) == Conditions(
        quotas=Quotas(
            tokens=300_000, day=9, burndown=5, shape=Shape.ROLLING, queries=0.5, burst=2, requests=0
        ),
        model_faults=ModelFaults(
            throttle=0.01,
            unavailable=0.02,
            stream_error=0.03,
            slow=Latency("lognormal", 1.0, 3.0),
            speed=0,
        ),
        kendra_faults=KendraFaults(timeout=0.1, slow=Latency("constant", 2, 2)),
        seed=7,
    )


@pytest.mark.parametrize(
    ("quotas", "faults"),
    [
        ("", ""),
        ("tokens=300000 shape=fixed queries=0.1", "seed=-3"),
        ("burst=3.5 burndown=15", "cut=0.5,stream-throttle=0.25,slow=uniform:0.7:1.3,speed=0"),
        ("requests=60 day=1000", "kendra.error=1 kendra.slow=lognormal:0.1:0.5 speed=12.5"),
    ],
)
def test_conditions_survive_their_json(quotas: str, faults: str) -> None:
    conditions = Conditions.read(quotas, faults)
    assert sent(conditions) == conditions


@pytest.mark.parametrize(
    ("quotas", "faults", "said"),
    [
        ("tokens=-1", "", "QUOTAS: tokens=-1: Input should be greater than or equal to 0."),
        ("tokens=many", "", "QUOTAS: tokens=many: Input should be a valid integer"),
        ("tokens", "", 'QUOTAS: "tokens" is not name=value.'),
        ("tokens=", "", 'QUOTAS: "tokens=" is not name=value.'),
        ("tokens=1 tokens=2", "", "QUOTAS: tokens is given twice."),
        ("token=1", "", "QUOTAS: token is not one of tokens, requests, day, burndown, shape, "),
        ("burndown=0", "", "QUOTAS: burndown=0: "),
        (
            "shape=square",
            "",
            "QUOTAS: shape=square: Input should be 'bucket', 'fixed' or 'rolling'",
        ),
        ("queries=nan", "", "QUOTAS: queries=nan: "),
        ("queries=inf", "", "QUOTAS: queries=inf: "),
        ("burst=0.5", "", "QUOTAS: burst=0.5: "),
        ("", "throttle=1.1", "FAULTS: throttle=1.1: "),
        ("", "throttle=5%", "FAULTS: throttle=5%: "),
        ("", "throttle=0.7,error=0.7", "FAULTS: the shares add up to more than 1."),
        ("", "slow=soon", "FAULTS: slow=soon: must be SECONDS, uniform:LEAST:MOST or lognormal:"),
        ("", "speed=-1", "FAULTS: speed=-1: "),
        ("", "kendra.cut=0.1", "FAULTS: kendra.cut is not one of throttle, unavailable, error, "),
        ("", "kendra.slow=x", "FAULTS: kendra.slow=x: "),
        ("", "bedrock.cut=0.1", "FAULTS: bedrock.cut is not one of throttle, "),
        ("", "seed=x", 'FAULTS: seed="x" is not an integer.'),
    ],
)
def test_an_invalid_value_is_named_in_one_line(quotas: str, faults: str, said: str) -> None:
    with pytest.raises(UnreadableConditions) as unreadable:
        Conditions.read(quotas, faults)
    assert str(unreadable.value).startswith(said)
    assert "\n" not in str(unreadable.value)


def test_a_seed_is_given_once() -> None:
    with pytest.raises(UnreadableConditions, match="seed is given twice"):
        Conditions.read("", "seed=1 seed=2")


def test_a_latency_and_a_speed_replace_the_defaults() -> None:
    assert Conditions().output_speed == OutputSpeed()
    assert Conditions.read("", "slow=2").output_speed == OutputSpeed(first_token_seconds=0)
    assert Conditions.read("", "speed=0").output_speed == OutputSpeed(tokens_per_second=0)
