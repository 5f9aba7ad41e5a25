"""The values that a plan restates are those of the template and of the service."""

from pathlib import Path

from local.package import read_template
from sluice.answering.prompt import answer_prompt
from sluice.answering.tokens import estimate_prompt_tokens
from sluice.job.source import Source
from sluice_ops.plan import plan, template
from sluice_ops.plan.load import AROUND_PASSAGES
from tests.builders import a_passage

PROJECT = Path(__file__).parents[2]
TEMPLATE = read_template(PROJECT / "template.yaml")
PARAMETERS = TEMPLATE["Parameters"]


def test_the_defaults_are_the_templates() -> None:
    for parameter, default in {
        "PassageTokens": template.PASSAGE_TOKENS,
        "MaxOutputTokens": template.MAX_OUTPUT_TOKENS,
        "ModelOutputBurndown": template.OUTPUT_BURNDOWN,
        "LeaseSeconds": template.LEASE_SECONDS,
        "GiveUpMinutes": template.GIVE_UP_MINUTES,
        "MaxOpenJobsPerCaller": template.MAX_OPEN_JOBS_PER_CALLER,
        # An option that is not given is no quota.
        "KendraQueriesPerSecond": 0,
        "ModelTokensPerMinute": 0,
        "ModelRequestsPerMinute": 0,
        "ModelTokensPerDay": 0,
    }.items():
        assert PARAMETERS[parameter]["Default"] == default, parameter


def test_the_bounds_are_the_templates() -> None:
    executions = PARAMETERS["MaxConcurrency"]
    assert executions["MinValue"] == template.LEAST_CONCURRENCY
    assert executions["MaxValue"] == template.MOST_CONCURRENCY
    for parameter, most in {
        "BatchSize": template.MOST_BATCH,
        "GiveUpMinutes": template.MOST_GIVE_UP_MINUTES,
        "MaxOutputTokens": template.MOST_OUTPUT_TOKENS,
        "ModelOutputBurndown": template.MOST_BURNDOWN,
    }.items():
        assert PARAMETERS[parameter]["MaxValue"] == most, parameter


def test_memory_and_timeouts_are_the_templates() -> None:
    assert TEMPLATE["Globals"]["Function"]["MemorySize"] == template.GIGABYTES * 1_024
    worker = TEMPLATE["Resources"]["WorkerFunction"]["Properties"]
    assert worker["Timeout"] == template.WORKER_TIMEOUT
    handler = (PROJECT / "src" / "worker" / "app.py").read_text(encoding="utf-8")
    assert f"\n_MARGIN = {plan._MARGIN}\n" in handler


def test_a_prompt_has_as_many_tokens_around_its_passages_as_a_plan_assumes() -> None:
    passages = [a_passage(title="Employee handbook, benefits and leave", page=8, text="x")] * 10
    sources = [Source.of(number, passage) for number, passage in enumerate(passages, 1)]
    question = "What is the deductible for out-of-network care, and does it apply to children?"
    tokens = estimate_prompt_tokens(answer_prompt(question, sources))
    assert AROUND_PASSAGES * 0.8 <= tokens <= AROUND_PASSAGES
