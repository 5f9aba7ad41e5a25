"""langchain-aws with LangChain's rate limiter, at the rate that the quota allows on average."""

from botocore.config import Config
from langchain_aws import ChatBedrockConverse  # type: ignore[import-not-found]
from langchain_core.rate_limiters import (  # type: ignore[import-not-found]
    InMemoryRateLimiter,
)

from bench.burst.peers.protocol import Assignment, CallCounter, answer_all
from bench.burst.peers.steps import AnswerSteps


def main() -> None:
    """Run the assignment."""
    assignment, counter = Assignment.read(), CallCounter()
    config = Config(max_pool_connections=assignment.threads)
    steps = AnswerSteps(assignment, counter, config)
    model = ChatBedrockConverse(
        model=assignment.model,
        max_tokens=assignment.max_tokens,
        client=steps.bedrock,
        rate_limiter=InMemoryRateLimiter(
            requests_per_second=assignment.tokens_per_minute / 60 / assignment.mean_charge,
            check_every_n_seconds=0.1,
            max_bucket_size=10,
        ),
    ).with_retry(stop_after_attempt=6)

    def answer(question: str) -> None:
        prompt = steps.prompt(question)
        model.invoke([("system", prompt.system), ("human", prompt.user)])

    answer_all(assignment, counter, answer)


if __name__ == "__main__":
    main()
