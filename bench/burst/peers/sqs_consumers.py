"""An SQS queue with consumers, each like a Lambda function with batch size 1. It has no pacing.

boto3 retries in standard mode. A question that fails comes back when its visibility timeout ends,
and goes to the dead-letter queue after the queue's `maxReceiveCount`.
"""

from concurrent.futures import ThreadPoolExecutor

from botocore.config import Config

from bench.burst.peers.protocol import (
    Assignment,
    CallCounter,
    report_calls,
    report_end,
    report_ready,
    report_try,
)
from bench.burst.peers.steps import AnswerSteps, client

#: Seconds that a consumer waits for a message.
_POLL = 2
_COUNTS = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]


def main() -> None:
    """Run the assignment."""
    assignment, counter = Assignment.read(), CallCounter()
    # Each is an execution environment of its own: they share nothing, not even a retry quota.
    consumers = [Consumer(assignment, counter) for _ in range(assignment.threads)]
    report_ready()
    with ThreadPoolExecutor(assignment.threads) as pool:
        for done in [pool.submit(consumer.run) for consumer in consumers]:
            done.result()
    report_calls(assignment, counter)


class Consumer:
    """Takes one message at a time until the queue is empty."""

    def __init__(self, assignment: Assignment, counter: CallCounter) -> None:
        config = Config(retries={"mode": "standard"})
        self._queue = assignment.queue
        self._sqs = client("sqs", assignment.sqs, config, **assignment.sqs_credentials)
        self._asking = AnswerSteps(assignment, counter, config)

    def run(self) -> None:
        """Work until the queue is empty."""
        while True:
            found = self._sqs.receive_message(QueueUrl=self._queue, WaitTimeSeconds=_POLL)
            for message in found.get("Messages", []):
                self._work(message["Body"], message["ReceiptHandle"])
            if not found.get("Messages") and self._is_empty():
                return

    def _work(self, question: str, receipt: str) -> None:
        try:
            self._asking.answer(question)
        except Exception as error:
            # Like a function that raises: the message stays in the queue.
            report_try(error)
            return
        report_end()
        self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=receipt)

    def _is_empty(self) -> bool:
        counts = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=_COUNTS)
        return not any(int(counts["Attributes"][name]) for name in _COUNTS)


if __name__ == "__main__":
    main()
