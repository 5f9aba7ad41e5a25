"""The conformance suite of TicketStore: the same facts in memory and on DynamoDB."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from moto import mock_aws

from adapters.memory.tickets import MemoryTicketStore
from adapters.tickets import DynamoTicketStore
from sluice.ports import TicketStore
from tests.builders import NOW
from tests.table import TABLE, create_table


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest) -> Iterator[TicketStore]:
    if request.param == "memory":
        yield MemoryTicketStore()
        return
    with mock_aws():
        create_table()
        yield DynamoTicketStore(boto3.client("dynamodb"), TABLE)


def test_a_ticket_is_taken_once(store: TicketStore) -> None:
    store.keep("a", "ann", until=NOW + 60)
    store.keep("b", "bob", until=NOW + 60)
    assert store.redeem("a", NOW) == "ann"
    assert store.redeem("a", NOW) is None
    assert store.redeem("b", NOW) == "bob"


def test_a_ticket_ends_with_its_time(store: TicketStore) -> None:
    store.keep("a", "ann", until=NOW + 60)
    assert store.redeem("a", NOW + 60) is None


def test_a_ticket_nobody_kept_is_nobodys(store: TicketStore) -> None:
    assert store.redeem("a", NOW) is None


def test_of_many_who_redeem_at_once_one_gets_in(store: TicketStore) -> None:
    store.keep("a", "ann", until=NOW + 60)
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda _: store.redeem("a", NOW), range(8)))
    assert got.count("ann") == 1
