"""token-throttle: tokens reserved before a call, and what it did not use given back."""

from botocore.config import Config
from token_throttle import (  # type: ignore[import-not-found]
    PerModelConfig,
    Quota,
    SyncMemoryBackendBuilder,
    SyncRateLimiter,
    UsageQuotas,
)

from bench.burst.peers.asking import Asking
from bench.burst.peers.order import Order, Tally, answer_all
from sluice.answering.tokens import estimate_tokens


def main() -> None:
    """Do what the order says."""
    order, tally = Order.read(), Tally()
    config = Config(
        retries={"mode": "standard", "max_attempts": 10}, max_pool_connections=order.threads
    )
    asking = Asking(order, tally, config)
    quota = Quota(metric="tokens", limit=order.tokens_per_minute, per_seconds=60)
    limiter = SyncRateLimiter(
        PerModelConfig(quotas=UsageQuotas([quota])), backend=SyncMemoryBackendBuilder()
    )

    # It takes no colon in a name.
    family = order.model.replace(":", "-")

    def answer(question: str) -> None:
        prompt = asking.prompt(question)
        tokens = estimate_tokens(prompt.system + prompt.user) + order.max_tokens
        with limiter.reserve({"tokens": tokens}, model=family) as reservation:
            usage = asking.converse(prompt)["usage"]
            charged = usage["inputTokens"] + usage["outputTokens"] * order.burndown
            reservation.set_actual_usage({"tokens": charged})

    answer_all(order, tally, answer)


if __name__ == "__main__":
    main()
