"""The conformance suite of ClaimStore: the same facts in memory and on DynamoDB."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from adapters.claims import DynamoClaimStore
from adapters.dynamodb import DynamoJobStore
from sluice.seams import Claim, ClaimStore
from tests.builders import NOW
from tests.fakes import FakeClock, MemoryClaimStore
from tests.integration.test_job_store import TABLE, create_table

DAY = 86_400
FIRST, SECOND = Claim("one question", "job-1"), Claim("another", "job-2")


@pytest.fixture(params=["memory", "dynamodb"])
def claims(request: pytest.FixtureRequest) -> Iterator[ClaimStore]:
    if request.param == "memory":
        yield MemoryClaimStore()
        return
    with mock_aws():
        create_table()
        yield DynamoClaimStore(boto3.client("dynamodb"), TABLE)


def test_the_first_claim_is_kept(claims: ClaimStore) -> None:
    assert claims.claim("ann", "k", FIRST, until=NOW + DAY, now=NOW) == FIRST
    assert claims.claim("ann", "k", SECOND, until=NOW + DAY, now=NOW + 1) == FIRST


def test_a_claim_ends(claims: ClaimStore) -> None:
    claims.claim("ann", "k", FIRST, until=NOW + DAY, now=NOW)
    later = NOW + DAY + 1
    assert claims.claim("ann", "k", SECOND, until=later + DAY, now=later) == SECOND


def test_each_caller_has_keys_of_its_own(claims: ClaimStore) -> None:
    claims.claim("ann", "k", FIRST, until=NOW + DAY, now=NOW)
    assert claims.claim("bob", "k", SECOND, until=NOW + DAY, now=NOW) == SECOND


def test_no_list_of_jobs_shows_a_claim() -> None:
    with mock_aws():
        create_table()
        client = boto3.client("dynamodb")
        DynamoClaimStore(client, TABLE).claim("ann", "k", FIRST, until=NOW + DAY, now=NOW)
        assert DynamoJobStore(client, TABLE, FakeClock()).list("ann", limit=10).jobs == []
