"""What `sluice plan` says of the service's rules is what they are."""

import math
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from click import Option

from adapters import sqs
from local.package import read_template
from sluice.answering.prompt import answer_prompt
from sluice.answering.tokens import estimate_prompt_tokens
from sluice.job import batch
from sluice.job.job import Lane
from sluice.job.source import Source
from sluice.pace import booking
from sluice.pace import forecaster as forecast
from sluice.pace.ledger import Ledger, Quotas, Units
from sluice.work import attempt_output as progress
from sluice_client.commands.plan import plan
from sluice_client.plan import load, places, quotas, use
from sluice_client.plan import plan as planned
from tests.builders import a_passage

NOW = 1_800_000_000.0
TEMPLATE = read_template(Path(__file__).parents[2] / "template.yaml")
PARAMETERS = TEMPLATE["Parameters"]


def booked(ledger: Ledger, units: Units) -> tuple[int, float]:
    """How many such calls the bulk lane may book now, and how much later the next."""
    for calls in count():
        is_booked, at = ledger.book(units, Lane.BULK, math.inf)
        if not is_booked:
            return calls, at - NOW
    raise AssertionError


def the_limit(given: quotas.Quotas, tokens: int) -> quotas.Windowed:
    (limit,) = quotas.limits(given, load.Load(1, tokens, 1, 1, 1, 1.0))
    assert isinstance(limit, quotas.Windowed)
    return limit


@pytest.mark.parametrize("tokens", [999, 20_000, 45_000, 90_000, 98_000])
def test_a_minute_of_the_service_holds_as_many_calls_as_the_plans(tokens: int) -> None:
    limit = the_limit(quotas.Quotas(model_tokens_per_minute=100_000), tokens - 1)
    calls, wait = booked(Ledger(Quotas(tokens_per_minute=100_000), {}, NOW), Units(tokens))
    # Half a call is what is left over on average; here all are alike.
    assert calls == pytest.approx(limit.per_window, abs=0.5)
    assert wait == limit.span


@pytest.mark.parametrize("quota", [2, 10, 300])
def test_so_does_a_minute_of_requests(quota: int) -> None:
    limit = the_limit(quotas.Quotas(model_requests_per_minute=quota), 1_000)
    ledger = Ledger(Quotas(requests_per_minute=quota), {}, NOW)
    assert booked(ledger, Units(1_001)) == (limit.per_window, limit.span)


def test_so_does_a_day() -> None:
    limit = the_limit(quotas.Quotas(model_tokens_per_day=1_000_000), 8_999)
    calls, wait = booked(Ledger(Quotas(tokens_per_day=1_000_000), {}, NOW), Units(9_000))
    assert calls == pytest.approx(limit.per_window, abs=0.5)
    assert wait == pytest.approx(limit.span, abs=900)


def test_what_the_service_refuses_is_impossible() -> None:
    ledger = Ledger(Quotas(tokens_per_minute=10_000), {}, NOW)
    assert ledger.fits(Units(9_850))
    assert not ledger.fits(Units(9_851))
    assert the_limit(quotas.Quotas(model_tokens_per_minute=10_000), 9_849).per_window == 1
    with pytest.raises(quotas.Impossible):
        the_limit(quotas.Quotas(model_tokens_per_minute=10_000), 9_850)


def test_queries_are_spaced_as_the_service_spaces_them() -> None:
    now = NOW
    state: dict[str, Any] = {}
    times: list[float] = []
    while len(times) < 8:
        ledger = Ledger(Quotas(queries_per_second=5), state, now)
        is_booked, at = ledger.book(Units(), Lane.BULK, math.inf)
        state = ledger.dump()
        if is_booked:
            times.append(at - NOW)
        now = at
    spaced = quotas.Spaced(quotas.KENDRA_QUERIES, 5, 1)
    assert times == pytest.approx([spaced.begun_within(number) for number in range(1, 9)], abs=0.01)


def test_a_prompt_has_as_much_around_its_passages_as_the_plan_says() -> None:
    passages = [a_passage(title="Employee handbook, benefits and leave", page=8, text="x")] * 10
    sources = [Source.of(number, passage) for number, passage in enumerate(passages, 1)]
    question = "What is the deductible for out-of-network care, and does it apply to children?"
    tokens = estimate_prompt_tokens(answer_prompt(question, sources))
    assert load.AROUND_PASSAGES * 0.8 <= tokens <= load.AROUND_PASSAGES


def test_the_services_numbers_are_the_plans() -> None:
    assert (use._BATCH, use._SEND) == (batch.MOST_QUESTIONS, sqs._BATCH)
    assert use._POLL_EVERY == forecast._LONGEST_RETRY
    assert use._LOOK_EVERY == booking._LONGEST
    assert PARAMETERS["LeaseSeconds"]["Default"] / 3 == use._BEAT_EVERY
    assert progress._ANSWER == planned._KEPT_FOR_AN_ANSWER
    worker = TEMPLATE["Resources"]["WorkerFunction"]["Properties"]
    assert worker["Timeout"] - 5 == planned._EXECUTION
    assert TEMPLATE["Globals"]["Function"]["MemorySize"] == use._GIGABYTES * 1_024


def test_the_templates_bounds_are_the_plans() -> None:
    executions, jobs = PARAMETERS["MaxConcurrency"], PARAMETERS["BatchSize"]
    assert executions["MinValue"] == places.LEAST_CONCURRENCY
    assert executions["MaxValue"] == places.MOST_CONCURRENCY
    assert jobs["MaxValue"] == places.MOST_BATCH
    assert PARAMETERS["MaxOpenJobsPerCaller"]["Default"] == load.MOST_OPEN
    patience = PARAMETERS["GiveUpMinutes"]
    assert (patience["Default"], patience["MaxValue"]) == (
        planned._GIVE_UP,
        planned._LONGEST_GIVE_UP,
    )


def test_the_options_defaults_are_the_templates() -> None:
    defaults = {option.name: option.default for option in plan.params if isinstance(option, Option)}
    for option, parameter in {
        "kendra_queries_per_second": "KendraQueriesPerSecond",
        "model_tokens_per_minute": "ModelTokensPerMinute",
        "model_requests_per_minute": "ModelRequestsPerMinute",
        "model_tokens_per_day": "ModelTokensPerDay",
        "output_burndown": "ModelOutputBurndown",
        "max_output_tokens": "MaxOutputTokens",
        "passage_tokens": "PassageTokens",
    }.items():
        assert defaults[option] == PARAMETERS[parameter]["Default"], option
