"""A deployment reads and changes the jobs that the previous version stored."""

import json
from typing import Any

import pytest

from adapters.job_store import DynamoJobStore
from adapters.memory.clock import ManualClock
from sluice.job.job import JobKey, Lane, Status
from tests.builders import NOW
from tests.table import TABLE

#: A queued job as version 0.1 stores it.
ITEM: dict[str, Any] = {
    "caller": {"S": "ann"},
    "job_id": {"S": "01980a3e-5b1c-7c3d-9e2f-0123456789ab"},
    "question": {"S": "How long is lost property kept?"},
    "filter": {"S": "{}"},
    "metadata": {"S": json.dumps({"ticket": "4711"})},
    "turns": {"S": "[]"},
    "lane": {"S": "interactive"},
    "ticket": {"N": "7"},
    "status": {"S": "queued"},
    "attempts": {"N": "0"},
    "lease_until": {"N": "0"},
    "sends": {"N": "1"},
    "sent_at": {"N": repr(NOW)},
    "sources": {"S": "[]"},
    "usage": {"S": json.dumps({"input_tokens": 0, "output_tokens": 0, "cost_usd": None})},
    "timing": {"S": "{}"},
    "created_at": {"S": "2027-01-15T08:00:00Z"},
    "expires_at": {"N": str(int(NOW) + 86_400)},
    "open_of": {"S": "ann"},
    "an_attribute_that_is_gone": {"S": "x"},
}
KEY = JobKey(caller="ann", job_id=ITEM["job_id"]["S"])


@pytest.fixture
def store(dynamodb: Any) -> DynamoJobStore:
    dynamodb.put_item(TableName=TABLE, Item=ITEM)
    return DynamoJobStore(dynamodb, TABLE, ManualClock())


def test_a_job_of_the_previous_version_is_read_with_its_queue_number(store: DynamoJobStore) -> None:
    job = store.get(KEY)
    assert job is not None
    assert (job.status, job.queue_number) == (Status.QUEUED, 7)
    assert job.metadata == {"ticket": "4711"}


def test_a_job_of_the_previous_version_is_leased_and_finished(store: DynamoJobStore) -> None:
    leased = store.lease(KEY, attempt_id="a", now=NOW, until=NOW + 30)
    store.finish(leased.model_copy(update={"status": Status.COMPLETED}))
    job = store.get(KEY)
    assert job is not None
    assert job.status is Status.COMPLETED
    assert not any(store.count_open("ann", lane, 9) for lane in Lane)


def test_the_previous_version_can_read_what_this_one_stores(
    store: DynamoJobStore, dynamodb: Any
) -> None:
    job = store.get(KEY)
    assert job is not None
    store.create([job.model_copy(update={"id": job.id[:-1] + "0"})])
    item = dynamodb.get_item(
        TableName=TABLE, Key={"caller": ITEM["caller"], "job_id": {"S": job.id[:-1] + "0"}}
    )["Item"]
    assert item["ticket"] == ITEM["ticket"]
    assert item.keys() <= ITEM.keys() | {"answer", "error"}
