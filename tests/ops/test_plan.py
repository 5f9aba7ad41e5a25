"""`sluice-ops plan`, compared with numbers computed by hand."""

import json
import re
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from local.package import read_template
from sluice.pace.ledger import Quotas
from sluice_ops.plan import Load, make_plan
from sluice_ops.plan.prices import shipped_prices
from sluice_ops.plan.table import print_plan
from tests.ops.conftest import Run

KENDRA = ("--questions", "2000", "--kendra-capacity-units", "5")
TOKENS = ("--questions", "2000", "--model-tokens-per-minute", "300000", "--latency", "1")
SHORT = ("--input-tokens", "1500", "--output-tokens", "120")


def planned(run: Run, *arguments: str) -> dict[str, Any]:
    ran = run("plan", *arguments, "--json")
    assert (ran.code, ran.err) == (0, "")
    plan: dict[str, Any] = json.loads(ran.out)
    return plan


def test_kendras_queries_are_evenly_spaced(run: Run) -> None:
    plan = planned(run, *KENDRA)

    # 98.5 % of 0.5 a second; the last begins after 1,999 of them and takes 5.5 s, or 1.2 of that.
    assert plan["questions_per_minute"] == pytest.approx(29.55)
    assert plan["drain_seconds"] == pytest.approx(1_999 / 0.4925 + 6.6, abs=0.1)
    assert plan["binding"] == "KendraQueriesPerSecond"


def test_questions_that_ask_kendra_twice_take_two_queries(run: Run) -> None:
    plan = planned(run, *KENDRA, "--query-fallback", "0.25")

    assert plan["questions_per_minute"] == pytest.approx(29.55 / 1.25)
    assert plan["parameters"]["QueryFallback"] == "true"


def test_a_minutes_tokens_are_available_at_once_and_then_every_61_seconds(run: Run) -> None:
    plan = planned(run, *TOKENS, *SHORT)

    # Of 295,500 tokens, 5,000 stay free. Each call takes 1,620 and, for 1 s of 61, 880 more.
    per_window = (295_500 - 5_000) / (1_620 + 880 / 61) + 0.5
    assert plan["questions_per_minute"] == pytest.approx(per_window * 60 / 61, abs=0.01)
    assert 11 * 61 < plan["drain_seconds"] < 11 * 61 + 10


def test_a_burst_that_fits_the_first_minute_waits_for_no_quota(run: Run) -> None:
    plan = planned(run, *TOKENS[2:], *SHORT, "--questions", "150")

    assert plan["drain_seconds"] < 20
    assert plan["binding"] == "MaxConcurrency"


def test_long_calls_keep_their_reservation_and_slow_the_pace(run: Run) -> None:
    quick = planned(run, *TOKENS, *SHORT)
    slow = planned(run, *TOKENS, *SHORT, "--latency", "30")

    # 30 of 61 seconds each holds 2,500 instead of 1,620.
    ratio = (1_620 + 880 * 30 / 61) / (1_620 + 880 / 61)
    assert quick["questions_per_minute"] / slow["questions_per_minute"] == pytest.approx(
        ratio, rel=0.01
    )


def test_burndown_costs_quota_but_no_money(run: Run) -> None:
    prices = ("--input-price", "3", "--output-price", "15")
    once = planned(run, *TOKENS, *SHORT, *prices)
    five_times = planned(run, *TOKENS, *SHORT, *prices, "--output-burndown", "5")

    assert five_times["questions_per_minute"] < 0.8 * once["questions_per_minute"]
    bedrock = [each["cost_of_a_thousand_usd"]["Bedrock"] for each in (once, five_times)]
    assert bedrock == [pytest.approx(1_500 * 0.003 + 120 * 0.015)] * 2


def test_a_sufficient_daily_quota_changes_nothing(run: Run) -> None:
    without = planned(run, *TOKENS, *SHORT)
    ample = planned(run, *TOKENS, *SHORT, "--model-tokens-per-day", "5000000")

    assert ample["drain_seconds"] == without["drain_seconds"]
    assert ample["questions_per_minute"] == without["questions_per_minute"]


def test_an_insufficient_daily_quota_takes_days(run: Run) -> None:
    plan = planned(run, *TOKENS, *SHORT, "--model-tokens-per-day", "1500000")

    # About 910 a day. The window of a day has 96 steps of 15 minutes, and one more.
    assert plan["drain_seconds"] == pytest.approx(2 * 87_300, rel=0.001)
    assert plan["binding"] == "ModelTokensPerDay"
    assert next(iter(plan["twice_as_fast"])) == "ModelTokensPerDay"


def test_requests_bind_where_answers_are_short(run: Run) -> None:
    plan = planned(run, *TOKENS, *SHORT, "--model-requests-per-minute", "60")

    # 59.1 are used, of which one is spared: 58 in 61 seconds.
    assert plan["binding"] == "ModelRequestsPerMinute"
    assert plan["questions_per_minute"] == pytest.approx(58 * 60 / 61, abs=0.01)


def test_concurrency_is_one_more_than_twice_littles_law(run: Run) -> None:
    plan = planned(run, *KENDRA, "--latency", "30")

    # 0.4925 a second x 30.5 s is 15 jobs, or 1.5 executions of 10.
    assert plan["at_work"] == pytest.approx(0.4925 * 30.5, abs=0.01)
    assert (plan["parameters"]["MaxConcurrency"], plan["parameters"]["BatchSize"]) == (5, 10)


def test_a_slow_pace_gets_small_batches(run: Run) -> None:
    plan = planned(run, "--questions", "100", "--kendra-capacity-units", "2")

    # 0.197 a second: 11 of them begin in a minute, which two executions share.
    assert (plan["parameters"]["MaxConcurrency"], plan["parameters"]["BatchSize"]) == (2, 5)


def test_a_load_beyond_the_largest_concurrency_is_a_warning(run: Run) -> None:
    plan = planned(
        run, "--questions", "9000000", "--model-requests-per-minute", "90000000", "--latency", "60"
    )

    assert plan["parameters"]["MaxConcurrency"] == 1_000
    assert plan["binding"] == "MaxConcurrency"
    assert plan["questions_per_minute"] == pytest.approx(10_000 / 60.5 * 60, rel=0.001)
    assert "MaxConcurrency ends at 1,000" in plan["warnings"][0]


def test_give_up_minutes_grows_with_long_waits(run: Run) -> None:
    short = planned(run, *KENDRA)
    long = planned(run, *KENDRA, "--questions", "20000")

    assert "GiveUpMinutes" not in short["parameters"]
    # 10,000 are open at a time, at 29.55 a minute for 338 minutes; and a quarter more.
    assert long["parameters"]["GiveUpMinutes"] == 430


def test_the_proposal_for_twice_as_fast_is_twice_as_fast(run: Run) -> None:
    options = {
        "KendraQueriesPerSecond": "--kendra-queries-per-second",
        "ModelTokensPerMinute": "--model-tokens-per-minute",
    }
    quotas = {"KendraQueriesPerSecond": 1.0, "ModelTokensPerMinute": 300_000.0}
    asked = ("--questions", "2000", "--latency", "20")

    def paced(values: dict[str, float]) -> dict[str, Any]:
        given = [word for name, value in values.items() for word in (options[name], str(value))]
        return planned(run, *asked, *given)

    now = paced(quotas)
    raised = {name: value for name, value in now["twice_as_fast"].items() if name in options}
    then = paced(quotas | raised)

    assert set(raised) == set(options)
    assert 2 <= then["questions_per_minute"] / now["questions_per_minute"] < 2.1
    assert then["parameters"]["MaxConcurrency"] == now["twice_as_fast"]["MaxConcurrency"]


def test_a_smaller_max_output_tokens_gains_what_the_plan_says(run: Run) -> None:
    slow = (*TOKENS, *SHORT, "--latency", "30")
    now = planned(run, *slow)
    smaller = now["smaller_max_output_tokens"]
    then = planned(run, *slow, "--max-output-tokens", str(smaller["MaxOutputTokens"]))

    assert smaller["MaxOutputTokens"] == 250
    assert then["questions_per_minute"] / now["questions_per_minute"] == pytest.approx(
        1 + smaller["gain"], abs=0.001
    )


def test_a_smaller_max_output_tokens_is_not_proposed_where_kendra_binds(run: Run) -> None:
    plan = planned(run, *KENDRA, "--model-tokens-per-minute", "300000")

    assert plan["smaller_max_output_tokens"] is None


def test_the_plans_parameters_are_the_templates(run: Run) -> None:
    everything = (
        *("--model-tokens-per-minute", "300000", "--model-requests-per-minute", "200"),
        *("--model-tokens-per-day", "9000000", "--query-fallback", "0.1", "--input-price", "3"),
        *("--output-price", "15", "--passage-tokens", "3000", "--questions", "20000"),
    )
    ran = run("plan", *KENDRA, *everything)

    line = re.search(r"^  (Kendra\w+=.*)$", ran.out.partition("\nSet\n")[2], re.MULTILINE)
    assert line
    pairs = dict(pair.split("=") for pair in line[1].split())
    known = read_template(Path(__file__).parents[2] / "template.yaml")["Parameters"]
    assert pairs.keys() <= known.keys()
    assert pairs["KendraQueriesPerSecond"] == "0.5"
    assert pairs["ModelTokensPerMinute"] == "300000"
    assert pairs["PassageTokens"] == "3000"
    assert pairs["ModelInputPrice"] == "3"


def test_the_table_names_the_tightest_quota_and_what_to_raise(run: Run) -> None:
    ran = run("plan", *KENDRA, "--model-tokens-per-minute", "300000")

    assert ran.out.startswith("2,000 questions in 1 h 8 min, 29.6 a minute in the long run.\n")
    (bound,) = [line for line in ran.out.splitlines() if "<- bottleneck" in line]
    assert bound.split()[0] == "KendraQueriesPerSecond=0.5"
    assert "Raise KendraQueriesPerSecond to 1 (10 capacity units)" in ran.out
    assert "\x1b" not in ran.out


def test_too_small_a_quota_exits_1_and_says_what_to_change(run: Run) -> None:
    ran = run("plan", "--questions", "5", "--model-tokens-per-minute", "5000")

    assert (ran.code, ran.out) == (1, "")
    assert "No question could be answered" in ran.err
    # 5,500 are reserved, of which 98.5 % of the quota must not be less.
    assert "Lower MaxOutputTokens or PassageTokens, or raise ModelTokensPerMinute to 5,584" in (
        ran.err
    )
    raised = run("plan", "--questions", "5", "--model-tokens-per-minute", "5584")
    assert raised.code == 0


def test_calls_longer_than_an_execution_are_impossible(run: Run) -> None:
    assert run("plan", *KENDRA, "--latency", "300").code == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "No quota is given"),
        (("--model-tokens-per-minute", "0"), "No quota is given"),
        (("--model-tokens-per-minute", "-1"), "at least 0"),
        (("--model-tokens-per-minute", "nan"), "at least 0"),
        (("--kendra-queries-per-second", "inf"), "at least 0"),
        (("--kendra-queries-per-second", "many"), "'many' is not a number"),
        (("--kendra-capacity-units", "0"), "0 is not in the range"),
        (("--kendra-capacity-units", "1", "--kendra-queries-per-second", "1"), "give one"),
        (("--kendra-capacity-units", "1", "--latency", "0"), "above 0"),
        (("--kendra-capacity-units", "1", "--query-fallback", "2"), "at most 1"),
        (("--kendra-capacity-units", "1", "--output-tokens", "2000"), "would be cut"),
        (("--kendra-capacity-units", "1", "--output-burndown", "0"), "0 is not in the range"),
        (("--kendra-capacity-units", "1", "--prices", "none.toml"), "none.toml: No such file"),
    ],
)
def test_invalid_options_are_refused(run: Run, arguments: tuple[str, ...], message: str) -> None:
    ran = run("plan", "--questions", "10", *arguments)

    assert (ran.code, ran.out) == (2, "")
    assert message in " ".join(ran.err.split())


def test_a_plan_calls_no_aws_service(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)

    assert run("plan", *KENDRA).code == 0


def test_a_terminal_of_40_columns_cuts_and_wraps_nothing() -> None:
    load = Load(2_000, 4_500, 200, 1_000, 1, 5.0)
    quotas = Quotas(queries_per_second=0.5, tokens_per_minute=300_000)
    console = Console(file=StringIO(), width=40, force_terminal=True, color_system=None)
    with console.capture() as captured:
        print_plan(console, make_plan(quotas, load, shipped_prices()))
    out = captured.get()
    assert max(map(len, out.splitlines())) <= 40
    # A shell joins the lines again.
    assert "KendraQueriesPerSecond=0.5 ModelTokensPerMinute=300000 " in out.replace("\\\n  ", "")
