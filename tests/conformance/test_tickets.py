"""TicketStore: the same facts in memory and on DynamoDB."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from adapters.memory.tickets import MemoryTicketStore
from adapters.tickets import DynamoTicketStore
from sluice.ports import TicketStore
from tests.builders import NOW
from tests.table import TABLE


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest) -> TicketStore:
    if request.param == "memory":
        return MemoryTicketStore()
    return DynamoTicketStore(request.getfixturevalue("dynamodb"), TABLE)


def test_a_ticket_is_redeemed_once(store: TicketStore) -> None:
    store.keep("a", "ann", until=NOW + 60)
    store.keep("b", "bob", until=NOW + 60)
    assert store.redeem("a", NOW) == "ann"
    assert store.redeem("a", NOW) is None
    assert store.redeem("b", NOW) == "bob"


def test_an_expired_ticket_is_refused(store: TicketStore) -> None:
    store.keep("a", "ann", until=NOW + 60)
    assert store.redeem("a", NOW + 60) is None


def test_an_unknown_ticket_is_refused(store: TicketStore) -> None:
    assert store.redeem("a", NOW) is None


def test_a_ticket_redeemed_by_many_at_once_works_for_one(store: TicketStore) -> None:
    store.keep("a", "ann", until=NOW + 60)
    with ThreadPoolExecutor(8) as pool:
        redeemed = list(pool.map(lambda _: store.redeem("a", NOW), range(8)))
    assert redeemed.count("ann") == 1
