"""token-throttle: reserves tokens before a call, and returns those that the call did not use."""

from botocore.config import Config
from token_throttle import (  # type: ignore[import-not-found]
    PerModelConfig,
    Quota,
    SyncMemoryBackendBuilder,
    SyncRateLimiter,
    UsageQuotas,
)

from bench.burst.peers.protocol import Assignment, CallCounter, answer_all
from bench.burst.peers.steps import AnswerSteps
from sluice.answering.tokens import estimate_tokens


def main() -> None:
    """Run the assignment."""
    assignment, counter = Assignment.read(), CallCounter()
    config = Config(
        retries={"mode": "standard", "max_attempts": 10}, max_pool_connections=assignment.threads
    )
    steps = AnswerSteps(assignment, counter, config)
    quota = Quota(metric="tokens", limit=assignment.tokens_per_minute, per_seconds=60)
    limiter = SyncRateLimiter(
        PerModelConfig(quotas=UsageQuotas([quota])), backend=SyncMemoryBackendBuilder()
    )

    # Its names must not contain a colon.
    family = assignment.model.replace(":", "-")

    def answer(question: str) -> None:
        prompt = steps.prompt(question)
        tokens = estimate_tokens(prompt.system + prompt.user) + assignment.max_tokens
        with limiter.reserve({"tokens": tokens}, model=family) as reservation:
            usage = steps.converse(prompt)["usage"]
            charged = usage["inputTokens"] + usage["outputTokens"] * assignment.burndown
            reservation.set_actual_usage({"tokens": charged})

    answer_all(assignment, counter, answer)


if __name__ == "__main__":
    main()
