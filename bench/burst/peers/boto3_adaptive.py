"""boto3 with adaptive retries: a rate limit in the client, which throttles lower."""

from botocore.config import Config

from bench.burst.peers.protocol import Assignment, CallCounter, answer_all
from bench.burst.peers.steps import AnswerSteps


def main() -> None:
    """Run the assignment."""
    assignment, counter = Assignment.read(), CallCounter()
    config = Config(
        retries={"mode": "adaptive", "max_attempts": 10}, max_pool_connections=assignment.threads
    )
    answer_all(assignment, counter, AnswerSteps(assignment, counter, config).answer)


if __name__ == "__main__":
    main()
