"""A plan's costs, compared with sums computed by hand and with what the service does."""

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest

from adapters.memory.clock import ManualClock
from adapters.memory.job_store import MemoryJobStore
from sluice.job.job import Job, JobKey, Lane
from sluice.pace.ledger import Ledger, Quotas, Units
from sluice_ops.plan import Load, make_plan
from sluice_ops.plan.prices import Price, shipped_prices
from sluice_ops.plan.use import Burst, _ledger_kilobytes
from tests.ops.conftest import Run
from tests.service import Service

LOAD = Load(2_000, 4_500, 200, 1_000, 1, 5.0)
KENDRA = Quotas(queries_per_second=0.5)
ARGUMENTS = ("plan", "--questions", "2000", "--kendra-capacity-units", "5")
#: Seconds until the last of 2,000 answers at 0.4925 a second.
DRAIN = 1_999 / 0.4925 + 6.6


def a_price(name: str, usd: float) -> dict[str, Price]:
    """Return prices that are all 0 except one."""
    free = {each: Price(price.unit, 1, 0) for each, price in shipped_prices().items()}
    return free | {name: Price(name, 1, usd)}


def cost(service: str, price: str) -> float:
    """Return the number of units of one price that a thousand questions take."""
    plan = make_plan(KENDRA, LOAD, a_price(price, 1))
    (found,) = [cost.usd for cost in plan.cost if cost.what == service]
    assert found is not None
    return found


def test_executions_cost_from_the_first_question_to_the_last() -> None:
    polls = 4 + DRAIN / 240
    api = 0.01 * (1 + (polls + 2) * 0.2)
    assert cost("Lambda", "lambda_gb_seconds") == pytest.approx(1_000 * (2 * DRAIN / 2_000 + api))


def test_messages_are_sent_and_received_in_tens() -> None:
    beats = 2 * DRAIN / 2_000 * 10 / 10
    assert cost("SQS", "sqs_requests") == pytest.approx(1_000 * (0.1 + (3 + beats) / 10))


def test_writes_are_counted_in_kilobytes() -> None:
    beats = 2 * DRAIN / 2_000 * 10 / 10
    finished = math.ceil((1_000 + 4_700 * 4) / 1_024)
    counted = 2 + 2 + 2 * 0.01 + 1 + 1 + 1 + finished + beats + 1
    assert cost("DynamoDB", "dynamodb_writes") == pytest.approx(1_000 * counted)


def test_an_index_costs_its_hours(run: Run) -> None:
    plan = json.loads(run(*ARGUMENTS, "--json").out)
    standing = plan["standing_usd_per_month"]
    assert standing["Kendra index, GenAI Enterprise, 5 query units"] == pytest.approx(
        730 * (0.32 + 4 * 0.07)
    )


def test_the_price_of_the_index_includes_one_capacity_unit() -> None:
    plan = make_plan(Quotas(queries_per_second=0.1), LOAD, shipped_prices())
    assert [cost.usd for cost in plan.standing] == [
        pytest.approx(730 * 0.32),
        pytest.approx(730 * 1.4),
    ]


def test_an_unknown_price_is_not_guessed(run: Run) -> None:
    out = run(*ARGUMENTS).out
    assert re.search(r"Bedrock +not known; set --input-price and --output-price\n", out)
    assert re.search(r"total known +\$0\.\d+\n", out)
    assert json.loads(run(*ARGUMENTS, "--json").out)["cost_of_a_thousand_usd"]["Bedrock"] is None


def test_a_given_price_is_used(run: Run) -> None:
    out = run(*ARGUMENTS, "--input-price", "3", "--output-price", "15").out
    # 4,500,000 tokens in and 200,000 out.
    assert re.search(r"Bedrock +\$16\.50\n", out)
    assert "total known" not in out


def test_every_shipped_price_has_a_date_and_a_source() -> None:
    for name, price in shipped_prices().items():
        assert price.usd is None or (price.date and price.source and price.unit), name


def test_a_file_of_prices_overrides_the_shipped_ones(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        "lambda_requests = 0\nlambda_gb_seconds = 0\n[kendra_genai_index]\nusd = 1\n"
        "[kendra_enterprise_query_unit]\nusd = 2\n"
    )
    plan = json.loads(run(*ARGUMENTS, "--prices", "mine.toml", "--json").out)
    assert plan["cost_of_a_thousand_usd"]["Lambda"] == 0
    standing = plan["standing_usd_per_month"].values()
    assert list(standing) == [pytest.approx(730 * 1.28), pytest.approx(730 * 9.4)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lambda = 1", "unknown price 'lambda'"),
        ("sqs_requests = 'free'", "sqs_requests: set usd = dollars, for 1,000,000 requests"),
        ("sqs_requests = -1", "sqs_requests: set usd"),
        ("sqs_requests = inf", "sqs_requests: set usd"),
        ("[sqs_requests]\nper = 5", "sqs_requests: set usd"),
        ("sqs_requests = {usd = 1, per = 0}", "sqs_requests: set usd"),
        ("sqs_requests =", "is not TOML"),
    ],
)
def test_an_invalid_file_of_prices_is_refused(
    run: Run, tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "mine.toml").write_text(text)
    ran = run(*ARGUMENTS, "--prices", "mine.toml")
    assert (ran.code, ran.out) == (2, "")
    assert message in " ".join(ran.err.split())


def test_the_worker_writes_as_often_as_the_plan_counts() -> None:
    """Three writes of the job (lease, end of retrieval, finish) and one of the lane's head."""

    class Counting(MemoryJobStore):
        writes = 0

        def _change(self, job: Job, **changes: object) -> Job:
            self.writes += 1
            return super()._change(job, **changes)

    store = Counting(ManualClock())
    service = Service(store=store)
    begun: list[int] = []
    service.lanes.begin = lambda lane, queue_number, now: begun.append(queue_number)  # type: ignore[method-assign]
    service.deliver(service.add())
    assert (store.writes, len(begun)) == (3, 1)


@pytest.mark.parametrize(
    "quotas",
    [
        Quotas(tokens_per_minute=3e6),
        Quotas(tokens_per_minute=3e6, requests_per_minute=1e3, tokens_per_day=4e9),
    ],
    ids=str,
)
def test_a_ledger_is_as_large_as_the_plan_counts(quotas: Quotas) -> None:
    state: dict[str, Any] = {}
    now = 1_800_000_000.0
    for step in range(100):
        ledger = Ledger(quotas, state, now + step * 900)
        for second in range(61 if step == 99 else 1):
            ledger = Ledger(quotas, state, now + step * 900 + second)
            for _ in range(10):
                ledger.book(Units(1_234.5), Lane.BULK, math.inf)
            state = ledger.dump()
    plan = make_plan(quotas, LOAD, shipped_prices())
    burst = Burst(LOAD, plan.limits, plan.binding, plan.places, plan.pace, plan.drain)
    size = len(json.dumps(state, separators=(",", ":")))
    assert math.ceil(size / 1_024) == _ledger_kilobytes(burst)


def test_ten_job_keys_fit_one_sqs_request() -> None:
    key = JobKey(caller="0" * 64, job_id="0" * 36)
    assert 10 * len(key.model_dump_json()) < 65_536
