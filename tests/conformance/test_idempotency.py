"""The conformance suite of IdempotencyStore: the same facts in memory and on DynamoDB."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from adapters.idempotency import DynamoIdempotencyStore
from adapters.job_store import DynamoJobStore
from adapters.memory.clock import ManualClock
from adapters.memory.idempotency import MemoryIdempotencyStore
from sluice.ports import IdempotencyRecord, IdempotencyStore
from tests.builders import NOW
from tests.table import TABLE, create_table

DAY = 86_400
FIRST, SECOND = IdempotencyRecord("one question", "job-1"), IdempotencyRecord("another", "job-2")


@pytest.fixture(params=["memory", "dynamodb"])
def claims(request: pytest.FixtureRequest) -> Iterator[IdempotencyStore]:
    if request.param == "memory":
        yield MemoryIdempotencyStore()
        return
    with mock_aws():
        create_table()
        yield DynamoIdempotencyStore(boto3.client("dynamodb"), TABLE)


def test_the_first_claim_is_kept(claims: IdempotencyStore) -> None:
    assert claims.claim("ann", "k", FIRST, until=NOW + DAY, now=NOW) == FIRST
    assert claims.claim("ann", "k", SECOND, until=NOW + DAY, now=NOW + 1) == FIRST


def test_a_claim_ends(claims: IdempotencyStore) -> None:
    claims.claim("ann", "k", FIRST, until=NOW + DAY, now=NOW)
    later = NOW + DAY + 1
    assert claims.claim("ann", "k", SECOND, until=later + DAY, now=later) == SECOND


def test_each_caller_has_keys_of_its_own(claims: IdempotencyStore) -> None:
    claims.claim("ann", "k", FIRST, until=NOW + DAY, now=NOW)
    assert claims.claim("bob", "k", SECOND, until=NOW + DAY, now=NOW) == SECOND


def test_no_list_of_jobs_shows_a_claim() -> None:
    with mock_aws():
        create_table()
        client = boto3.client("dynamodb")
        DynamoIdempotencyStore(client, TABLE).claim("ann", "k", FIRST, until=NOW + DAY, now=NOW)
        assert DynamoJobStore(client, TABLE, ManualClock()).list("ann", limit=10).jobs == []
