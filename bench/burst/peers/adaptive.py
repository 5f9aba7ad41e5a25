"""boto3 with its adaptive retries: a rate limit in the client, lowered by throttles."""

from botocore.config import Config

from bench.burst.peers.asking import Asking
from bench.burst.peers.order import Order, Tally, answer_all


def main() -> None:
    """Do what the order says."""
    order, tally = Order.read(), Tally()
    config = Config(
        retries={"mode": "adaptive", "max_attempts": 10}, max_pool_connections=order.threads
    )
    answer_all(order, tally, Asking(order, tally, config).answer)


if __name__ == "__main__":
    main()
