"""The conformance suite of LedgerStore: the same facts in memory and on DynamoDB."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from adapters.ledgers import DynamoLedgerStore
from adapters.memory.ledgers import MemoryLedgerStore
from sluice.ports import LedgerStore
from tests.table import TABLE, create_table


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest) -> Iterator[LedgerStore]:
    if request.param == "memory":
        yield MemoryLedgerStore()
        return
    with mock_aws():
        create_table()
        yield DynamoLedgerStore(boto3.client("dynamodb"), TABLE)


def test_a_ledger_nobody_wrote_is_empty(store: LedgerStore) -> None:
    assert store.read("model a") == ({}, 0)


def test_who_has_read_may_write(store: LedgerStore) -> None:
    _, version = store.read("model a")
    assert store.write("model a", {"meters": {"x": 1.5}}, version)
    assert store.read("model a") == ({"meters": {"x": 1.5}}, 1)
    assert store.write("model a", {}, 1)
    assert store.read("model a") == ({}, 2)


def test_who_was_overtaken_may_not(store: LedgerStore) -> None:
    assert store.write("model a", {"first": 1}, 0)
    assert not store.write("model a", {"second": 1}, 0)
    assert store.read("model a") == ({"first": 1}, 1)


def test_resources_do_not_know_each_other(store: LedgerStore) -> None:
    store.write("model a", {"x": 1}, 0)
    assert store.read("kendra") == ({}, 0)


@pytest.mark.parametrize("ledger", [{"S": "{"}, {"S": ""}, None])
def test_a_ledger_that_was_mended_by_hand_is_begun_anew(ledger: dict[str, str] | None) -> None:
    with mock_aws():
        create_table()
        client: Any = boto3.client("dynamodb")
        store = DynamoLedgerStore(client, TABLE)
        store.write("model a", {"x": 1}, 0)
        item = client.scan(TableName=TABLE)["Items"][0]
        mended = {name: value for name, value in item.items() if name != "ledger"}
        client.put_item(TableName=TABLE, Item=mended | ({"ledger": ledger} if ledger else {}))
        assert store.read("model a") == ({}, 1)
        assert store.write("model a", {"x": 2}, 1)
        assert store.read("model a") == ({"x": 2}, 2)
