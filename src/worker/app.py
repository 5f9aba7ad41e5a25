"""Answers questions: takes a batch of SQS messages and returns those to deliver again."""

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

#: Work stops this many seconds before the function's timeout, so that jobs can be given back.
_MARGIN = 5


class LambdaContext(Protocol):
    """The part of Lambda's context that the handler uses."""

    def get_remaining_time_in_millis(self) -> int: ...


class WorkerHandler:
    """The handler of the function, for an event source with ReportBatchItemFailures."""

    def __init__(self, worker: Worker, clock: Clock, bulk_queue_url: str) -> None:
        self._worker = worker
        self._clock = clock
        # The ARN of an event source ends like the URL of its queue: with the name of the queue.
        self._bulk_queue = bulk_queue_url.rpartition("/")[2]

    def __call__(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Work on the batch. The result names the messages that stay in the queue."""
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
