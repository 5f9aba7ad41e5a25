"""An SQS queue with so many consumers, each as a Lambda function of batch size 1 would be.

boto3's standard retries; a question that fails comes back when its visibility timeout ends, and
goes to the dead-letter queue after the queue's `maxReceiveCount`. No pacing.
"""

import time
from concurrent.futures import ThreadPoolExecutor

from botocore.config import Config

from bench.burst.peers.asking import Asking, client
from bench.burst.peers.order import Order, Tally, await_start, tell, tell_end

#: Seconds that a consumer waits for a message.
_POLL = 2
_COUNTS = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]


def main() -> None:
    """Do what the order says."""
    order, tally = Order.read(), Tally()
    # An execution environment of its own each: nothing is shared, the retry quota neither.
    consumers = [Consumer(order, tally) for _ in range(order.threads)]
    await_start()
    with ThreadPoolExecutor(order.threads) as pool:
        for done in [pool.submit(consumer.run) for consumer in consumers]:
            done.result()
    tell_end(order, tally)


class Consumer:
    """Takes one message at a time until the queue is empty."""

    def __init__(self, order: Order, tally: Tally) -> None:
        config = Config(retries={"mode": "standard"})
        self._queue = order.queue
        self._sqs = client("sqs", order.sqs, config, **order.sqs_credentials)
        self._asking = Asking(order, tally, config)

    def run(self) -> None:
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
            # As a function that raises: the message stays in the queue.
            tell(gave_up=repr(error))
            return
        tell(at=time.time(), failed=None)
        self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=receipt)

    def _is_empty(self) -> bool:
        counts = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=_COUNTS)
        return not any(int(counts["Attributes"][name]) for name in _COUNTS)


if __name__ == "__main__":
    main()
