"""IdempotencyStore: the same facts in memory and on DynamoDB."""

from typing import Any

import pytest

from adapters.idempotency import DynamoIdempotencyStore
from adapters.job_store import DynamoJobStore
from adapters.memory.clock import ManualClock
from adapters.memory.idempotency import MemoryIdempotencyStore
from sluice.ports import IdempotencyRecord, IdempotencyStore
from tests.builders import NOW
from tests.table import TABLE

DAY = 86_400
FIRST, SECOND = IdempotencyRecord("one question", "job-1"), IdempotencyRecord("another", "job-2")


@pytest.fixture(params=["memory", "dynamodb"])
def claims(request: pytest.FixtureRequest) -> IdempotencyStore:
    if request.param == "memory":
        return MemoryIdempotencyStore()
    return DynamoIdempotencyStore(request.getfixturevalue("dynamodb"), TABLE)


def test_the_first_claim_is_kept(claims: IdempotencyStore) -> None:
    assert claims.claim("ann", "k", FIRST, until=NOW + DAY, now=NOW) == FIRST
    assert claims.claim("ann", "k", SECOND, until=NOW + DAY, now=NOW + 1) == FIRST


def test_a_claim_expires(claims: IdempotencyStore) -> None:
    claims.claim("ann", "k", FIRST, until=NOW + DAY, now=NOW)
    later = NOW + DAY + 1
    assert claims.claim("ann", "k", SECOND, until=later + DAY, now=later) == SECOND


def test_each_caller_has_its_own_keys(claims: IdempotencyStore) -> None:
    claims.claim("ann", "k", FIRST, until=NOW + DAY, now=NOW)
    assert claims.claim("bob", "k", SECOND, until=NOW + DAY, now=NOW) == SECOND


def test_no_list_of_jobs_shows_a_claim(dynamodb: Any) -> None:
    DynamoIdempotencyStore(dynamodb, TABLE).claim("ann", "k", FIRST, until=NOW + DAY, now=NOW)
    assert DynamoJobStore(dynamodb, TABLE, ManualClock()).list("ann", limit=10).jobs == []
