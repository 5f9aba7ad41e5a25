"""Every failure of DynamoDB becomes StoreUnavailable."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from adapters.job_store import DynamoJobStore
from adapters.memory.clock import ManualClock
from sluice.errors import StoreUnavailable
from sluice.job.job import JobKey
from tests.builders import a_job
from tests.table import TABLE


def fail_with(client: Any, error: Exception) -> None:
    def fail(**_: Any) -> None:
        raise error

    client.meta.events.register_first("before-call", fail)


CALLS: dict[str, Callable[[DynamoJobStore], object]] = {
    "get": lambda store: store.get(JobKey(caller="ann", job_id="1")),
    "list": lambda store: store.list("ann", limit=1),
    "create": lambda store: store.create([a_job()]),
    "remove": lambda store: store.remove(JobKey(caller="ann", job_id="1")),
    "subscribe": lambda store: store.subscribe(JobKey(caller="ann", job_id="1"), "c"),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "error",
    [
        ResponseParserError("Unable to parse response"),
        ReadTimeoutError(endpoint_url="http://table"),
        ClientError({"Error": {"Code": "ProvisionedThroughputExceededException"}}, "Any"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_failing_table_is_unavailable(dynamodb: Any, call: str, error: Exception) -> None:
    store = DynamoJobStore(dynamodb, TABLE, ManualClock())
    fail_with(dynamodb, error)
    with pytest.raises(StoreUnavailable):
        CALLS[call](store)


def cancelled(client: Any, *codes: str) -> Exception:
    reasons = [{"Code": code} for code in codes]
    message = f"Transaction cancelled, please refer cancellation reasons [{', '.join(codes)}]"
    response: Any = {
        "Error": {"Code": "TransactionCanceledException", "Message": message},
        "CancellationReasons": reasons,
    }
    error: Exception = client.exceptions.TransactionCanceledException(
        response, "TransactWriteItems"
    )
    return error


def test_a_batch_cancelled_for_another_reason_than_its_condition_is_unavailable(
    dynamodb: Any,
) -> None:
    store = DynamoJobStore(dynamodb, TABLE, ManualClock())
    fail_with(dynamodb, cancelled(dynamodb, "None", "ThrottlingError"))
    with pytest.raises(StoreUnavailable):
        store.create([a_job(), a_job()])
