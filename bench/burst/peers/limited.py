"""langchain-aws with LangChain's rate limiter, at the rate that the quota bears on average."""

from botocore.config import Config
from langchain_aws import ChatBedrockConverse  # type: ignore[import-not-found]
from langchain_core.rate_limiters import (  # type: ignore[import-not-found]
    InMemoryRateLimiter,
)

from bench.burst.peers.asking import Asking
from bench.burst.peers.order import Order, Tally, answer_all


def main() -> None:
    """Do what the order says."""
    order, tally = Order.read(), Tally()
    config = Config(max_pool_connections=order.threads)
    asking = Asking(order, tally, config)
    model = ChatBedrockConverse(
        model=order.model,
        max_tokens=order.max_tokens,
        client=asking.bedrock,
        rate_limiter=InMemoryRateLimiter(
            requests_per_second=order.tokens_per_minute / 60 / order.mean_charge,
            check_every_n_seconds=0.1,
            max_bucket_size=10,
        ),
    ).with_retry(stop_after_attempt=6)

    def answer(question: str) -> None:
        prompt = asking.prompt(question)
        model.invoke([("system", prompt.system), ("human", prompt.user)])

    answer_all(order, tally, answer)


if __name__ == "__main__":
    main()
