"""What SQS and @connections fail with becomes an error of ours, whatever form it has."""

import copy
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.parsers import ResponseParserError

from adapters.clients import on_first_use
from adapters.memory.clock import ManualClock
from adapters.memory.job_store import MemoryJobStore
from adapters.push import ApiGatewayPush
from adapters.sqs import SqsQueue
from sluice.errors import QueueRefused, Unavailable
from sluice.job.job import JobKey, Lane
from sluice.ports import Delivery
from sluice.work.lease import LeaseKeeper
from tests.builders import a_delivery

URL = "http://127.0.0.1:1/queue"
DELIVERY = Delivery("m", "r", "", Lane.INTERACTIVE, 1)
CALLS: dict[str, Callable[[SqsQueue], object]] = {
    "send": lambda queue: queue.send([JobKey(caller="ann", job_id="1")], Lane.BULK),
    "hold": lambda queue: queue.hold({DELIVERY: 30}),
    "dead_letter": lambda queue: queue.dead_letter(DELIVERY, "it cannot be read"),
}
ERRORS = [ResponseParserError("Unable to parse response"), ReadTimeoutError(endpoint_url=URL)]


def failing(service: Any, error: Exception, **options: Any) -> Any:
    client: Any = boto3.client(service, **options)

    def fail(**_: Any) -> None:
        raise error

    client.meta.events.register_first("before-call", fail)
    return client


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_queue_that_fails_refuses(call: str, error: Exception) -> None:
    queue = SqsQueue(failing("sqs", error), dict.fromkeys(Lane, URL), URL)
    with pytest.raises(QueueRefused):
        CALLS[call](queue)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_connection_that_fails_is_unavailable(error: Exception) -> None:
    client = failing("apigatewaymanagementapi", error, endpoint_url="http://127.0.0.1:1/v1")
    with pytest.raises(Unavailable):
        ApiGatewayPush(client).post("c=", b"{}")


def test_a_defect_on_receipt_does_not_fail_the_batch() -> None:
    class Broken(SqsQueue):
        def hold(self, delays: Any) -> None:
            raise RuntimeError("a defect")

    clock = ManualClock()
    queue = Broken(boto3.client("sqs"), dict.fromkeys(Lane, URL), URL)
    LeaseKeeper(MemoryJobStore(clock), queue, clock, seconds=30).receive([a_delivery(body="x")])


def test_a_client_is_made_once_at_its_first_call() -> None:
    made: list[str] = []

    def make() -> str:
        made.append("client")
        return "client"

    client = on_first_use(make)
    copy.copy(client)
    assert made == []
    assert client.upper() == client.connect().upper() == "CLIENT"
    assert made == ["client"]
