"""The queue on SQS."""

from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from sluice.errors import QueueRefused
from sluice.job import JobKey
from sluice.seams import Delivery

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

#: SQS's limits: entries of a batch request, and seconds of invisibility.
_BATCH, _LONGEST = 10, 43_200


class SqsQueue:
    """One lane's queue, and the dead-letter queue behind it."""

    def __init__(self, client: "SQSClient", url: str, dead_letter_url: str) -> None:
        self._client = client
        self._url = url
        self._dead_letter_url = dead_letter_url

    def send(self, key: JobKey) -> None:
        try:
            self._client.send_message(QueueUrl=self._url, MessageBody=key.model_dump_json())
        except (BotoCoreError, ClientError) as error:
            raise QueueRefused("The queue did not take the question; try again soon.") from error

    def hold(self, delays: Mapping[Delivery, int]) -> None:
        entries = iter(delays.items())
        while batch := list(islice(entries, _BATCH)):
            try:
                # Entries that fail are messages already gone: nothing to hold.
                self._client.change_message_visibility_batch(
                    QueueUrl=self._url,
                    Entries=[
                        {
                            "Id": str(place),
                            "ReceiptHandle": delivery.receipt,
                            "VisibilityTimeout": min(max(seconds, 0), _LONGEST),
                        }
                        for place, (delivery, seconds) in enumerate(batch)
                    ],
                )
            except (BotoCoreError, ClientError) as error:
                raise QueueRefused("The queue did not answer.") from error

    def bury(self, delivery: Delivery, reason: str) -> None:
        try:
            self._client.send_message(
                QueueUrl=self._dead_letter_url,
                MessageBody=delivery.body,
                MessageAttributes={"reason": {"DataType": "String", "StringValue": reason}},
            )
        except (BotoCoreError, ClientError) as error:
            raise QueueRefused("The dead-letter queue did not answer.") from error
