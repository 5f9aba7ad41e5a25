"""The test environment of one case of Sluice: the local stack and two callers."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.burst.api_client import ApiClient
from bench.burst.case import MAX_TOKENS, TOKENS_PER_MINUTE
from bench.burst.run import Run
from bench.environment import Environment, running_stack
from local.stack import Stack, StackOptions

#: Worker executions at a time in each lane, of ten jobs each.
CONCURRENCY = 12


class BurstEnvironment(Environment):
    """A running stack and two callers: `burst` for the burst, `single` for single questions."""

    def __init__(self, stack: Stack, run: Run, log: Path) -> None:
        super().__init__(stack)
        self._log = log
        deployed = stack.deployed
        self.burst = ApiClient(deployed.api_url, deployed.api_key, run.wait)
        self.single = ApiClient(deployed.api_url, self._another_key(), run.wait)

    def _another_key(self) -> str:
        gateway = self.client("apigateway")
        key = gateway.create_api_key(name="single", enabled=True)
        plan = gateway.get_usage_plans()["items"][0]["id"]
        gateway.create_usage_plan_key(usagePlanId=plan, keyId=key["id"], keyType="API_KEY")
        return str(key["value"])

    def workers(self) -> int:
        """Worker processes that MiniStack has started, counted in its log."""
        worker = self.outputs["WorkerFunctionName"]
        text = self._log.read_text(encoding="utf-8", errors="replace")
        return text.count(f"Lambda worker spawned for {worker} ")


@contextmanager
def burst_environment(run: Run) -> Iterator[BurstEnvironment]:
    """Start the stack for a case; stop it at the end of the context."""
    case = run.case
    options = StackOptions(
        documents=run.documents,
        urls=run.urls,
        conditions=case.conditions,
        parameters={
            "ModelId": run.model,
            "KendraIndexId": run.index,
            "MaxConcurrency": str(CONCURRENCY),
            "MaxOutputTokens": str(MAX_TOKENS),
            "ModelTokensPerMinute": f"{TOKENS_PER_MINUTE * case.quota_factor:.0f}",
            "ModelOutputBurndown": str(case.burndown),
            "KendraQueriesPerSecond": f"{case.queries_per_second * case.quota_factor:g}",
        },
    )
    with running_stack(options) as (stack, log):
        yield BurstEnvironment(stack, run, log)
