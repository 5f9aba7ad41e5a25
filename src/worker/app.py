"""Answers questions: one SQS batch in, the messages to deliver again out."""

from runtime.start import started

# isort: split
import time
from collections.abc import Mapping
from typing import Any, Protocol

from runtime.reporting import tell
from runtime.settings import Settings
from runtime.work_wiring import worker
from sluice.job.job import Lane
from sluice.ports import Delivery

_settings = Settings.load()
_worker = worker(_settings)
#: An event source's ARN ends as its queue's URL does: with the queue's name.
_bulk_queue = _settings.bulk_queue_url.rpartition("/")[2]

#: Seconds before the function's time-out at which work stops and is handed on in order.
_MARGIN = 5


class LambdaContext(Protocol):
    """The part of Lambda's context that is used."""

    def get_remaining_time_in_millis(self) -> int: ...


def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Work on the batch; ReportBatchItemFailures names what stays in the queue."""
    deadline = time.time() + context.get_remaining_time_in_millis() / 1000 - _MARGIN
    reports = _worker.work([_delivery(record) for record in event["Records"]], deadline)
    tell(reports)
    return {
        "batchItemFailures": [
            {"itemIdentifier": report.delivery.message_id}
            for report in reports
            if not report.acknowledge
        ]
    }


def _delivery(record: Mapping[str, Any]) -> Delivery:
    return Delivery(
        message_id=record["messageId"],
        receipt=record["receiptHandle"],
        body=record["body"],
        lane=Lane.BULK
        if record["eventSourceARN"].endswith(f":{_bulk_queue}")
        else Lane.INTERACTIVE,
        receives=int(record["attributes"]["ApproximateReceiveCount"]),
    )


started()
