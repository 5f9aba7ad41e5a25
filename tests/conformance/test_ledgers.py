"""LedgerStore: the same facts in memory and on DynamoDB."""

from typing import Any

import pytest

from adapters.ledgers import DynamoLedgerStore
from adapters.memory.ledgers import MemoryLedgerStore
from sluice.ports import LedgerStore
from tests.table import TABLE


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest) -> LedgerStore:
    if request.param == "memory":
        return MemoryLedgerStore()
    return DynamoLedgerStore(request.getfixturevalue("dynamodb"), TABLE)


def test_an_unwritten_ledger_is_empty(store: LedgerStore) -> None:
    assert store.read("model a") == ({}, 0)


def test_a_writer_that_read_the_latest_version_succeeds(store: LedgerStore) -> None:
    _, version = store.read("model a")
    assert store.write("model a", {"meters": {"x": 1.5}}, version)
    assert store.read("model a") == ({"meters": {"x": 1.5}}, 1)
    assert store.write("model a", {}, 1)
    assert store.read("model a") == ({}, 2)


def test_a_writer_that_read_an_older_version_fails(store: LedgerStore) -> None:
    assert store.write("model a", {"first": 1}, 0)
    assert not store.write("model a", {"second": 1}, 0)
    assert store.read("model a") == ({"first": 1}, 1)


def test_each_resource_has_its_own_ledger(store: LedgerStore) -> None:
    store.write("model a", {"x": 1}, 0)
    assert store.read("kendra") == ({}, 0)


@pytest.mark.parametrize("ledger", [{"S": "{"}, {"S": ""}, None])
def test_a_ledger_that_was_damaged_by_hand_starts_empty(
    dynamodb: Any, ledger: dict[str, str] | None
) -> None:
    store = DynamoLedgerStore(dynamodb, TABLE)
    store.write("model a", {"x": 1}, 0)
    item = dynamodb.scan(TableName=TABLE)["Items"][0]
    damaged = {name: value for name, value in item.items() if name != "ledger"}
    dynamodb.put_item(TableName=TABLE, Item=damaged | ({"ledger": ledger} if ledger else {}))
    assert store.read("model a") == ({}, 1)
    assert store.write("model a", {"x": 2}, 1)
    assert store.read("model a") == ({"x": 2}, 2)
