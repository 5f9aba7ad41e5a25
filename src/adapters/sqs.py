"""The queues on SQS."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from adapters import failures
from sluice.errors import QueueRefused
from sluice.job.job import JobKey, Lane
from sluice.ports import Delivery

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

#: Limits of SQS: entries of a batch request, and the longest visibility timeout in seconds.
_BATCH, _LONGEST = 10, 43_200

_REFUSED = "The queue did not accept the question. Try again soon."


class SqsQueue:
    """The queues of the lanes, and their dead-letter queue."""

    def __init__(self, client: "SQSClient", urls: Mapping[Lane, str], dead_letter_url: str) -> None:
        self._client = client
        self._urls = urls
        self._dead_letter_url = dead_letter_url

    def send(self, keys: Sequence[JobKey], lane: Lane) -> None:
        left = iter(keys)
        while batch := list(islice(left, _BATCH)):
            with failures.queue(_REFUSED):
                sent = self._client.send_message_batch(
                    QueueUrl=self._urls[lane],
                    Entries=[
                        {
                            "Id": str(place),
                            "MessageBody": key.model_dump_json(),
                            # This switches on SQS's fair queues: a burst of one caller does not
                            # delay the messages of others.
                            "MessageGroupId": key.caller,
                        }
                        for place, key in enumerate(batch)
                    ],
                )
            if sent.get("Failed"):
                raise QueueRefused(_REFUSED)

    def hold(self, delays: Mapping[Delivery, int]) -> None:
        for lane, url in self._urls.items():
            of_lane = [entry for entry in delays.items() if entry[0].lane is lane]
            self._hold(url, iter(of_lane))

    def _hold(self, url: str, entries: Iterator[tuple[Delivery, int]]) -> None:
        while batch := list(islice(entries, _BATCH)):
            with failures.queue("The queue did not respond."):
                # An entry fails if its message no longer exists, so there is nothing to hold.
                self._client.change_message_visibility_batch(
                    QueueUrl=url,
                    Entries=[
                        {
                            "Id": str(place),
                            "ReceiptHandle": delivery.receipt,
                            "VisibilityTimeout": min(max(seconds, 0), _LONGEST),
                        }
                        for place, (delivery, seconds) in enumerate(batch)
                    ],
                )

    def dead_letter(self, delivery: Delivery, reason: str) -> None:
        with failures.queue("The dead-letter queue did not respond."):
            self._client.send_message(
                QueueUrl=self._dead_letter_url,
                MessageBody=delivery.body,
                # The lane is added, because an unreadable body does not say which queue it was in.
                MessageAttributes={
                    "reason": {"DataType": "String", "StringValue": reason},
                    "lane": {"DataType": "String", "StringValue": delivery.lane},
                },
            )
