"""Answers questions: one SQS batch in, the messages to deliver again out."""

from runtime.start import started

# isort: split
from collections.abc import Mapping
from typing import Any, Protocol

from runtime.aws import AwsAdapters
from runtime.aws_upstreams import AwsUpstreams
from runtime.reporting import report_all
from runtime.settings import Settings
from runtime.work_wiring import make_worker
from sluice.clock import Clock
from sluice.job.job import Lane
from sluice.ports import Delivery
from sluice.work.worker import Worker

#: Seconds before the function's time-out at which work stops and is handed on in order.
_MARGIN = 5


class LambdaContext(Protocol):
    """The part of Lambda's context that is used."""

    def get_remaining_time_in_millis(self) -> int: ...


class WorkerHandler:
    """The function: a batch of SQS records in, ReportBatchItemFailures out."""

    def __init__(self, worker: Worker, clock: Clock, bulk_queue_url: str) -> None:
        self._worker = worker
        self._clock = clock
        # An event source's ARN ends as its queue's URL does: with the queue's name.
        self._bulk_queue = bulk_queue_url.rpartition("/")[2]

    def __call__(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Work on the batch; the result names the messages that stay in the queue."""
        remaining = context.get_remaining_time_in_millis() / 1000
        deadline = self._clock.time() + remaining - _MARGIN
        deliveries = [self._delivery(record) for record in event["Records"]]
        reports = self._worker.work(deliveries, deadline)
        report_all(reports)
        return {
            "batchItemFailures": [
                {"itemIdentifier": report.delivery.message_id}
                for report in reports
                if not report.acknowledge
            ]
        }

    def _delivery(self, record: Mapping[str, Any]) -> Delivery:
        is_bulk = record["eventSourceARN"].rpartition(":")[2] == self._bulk_queue
        return Delivery(
            message_id=record["messageId"],
            receipt=record["receiptHandle"],
            body=record["body"],
            lane=Lane.BULK if is_bulk else Lane.INTERACTIVE,
            receives=int(record["attributes"]["ApproximateReceiveCount"]),
        )


def _on_aws() -> WorkerHandler:
    settings = Settings.load()
    adapters = AwsAdapters(settings)
    adapters.connect_queue()
    adapters.connect_push()
    worker = make_worker(settings, adapters, AwsUpstreams(settings))
    return WorkerHandler(worker, adapters.clock, settings.bulk_queue_url)


handler = _on_aws()

started()
