"""The ledgers on DynamoDB: one item per paced resource in the jobs' table."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from adapters import failures

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

#: Callers are hexadecimal hashes, so no caller has this name.
_PARTITION = "#pace"


class DynamoLedgerStore:
    """Ledgers in the jobs' table. Raises StoreUnavailable."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def read(self, resource: str) -> tuple[Mapping[str, Any], int]:
        with failures.store():
            found = self._client.get_item(
                TableName=self._table, Key=_key(resource), ConsistentRead=True
            )
        item = found.get("Item", {})
        try:
            # An operator may have edited the item by hand.
            state = json.loads(item["ledger"]["S"])
        except (KeyError, ValueError):
            state = {}
        return state, int(item.get("version", {}).get("N", 0))

    def write(self, resource: str, state: Mapping[str, Any], version: int) -> bool:
        with failures.store():
            try:
                self._client.update_item(
                    TableName=self._table,
                    Key=_key(resource),
                    UpdateExpression="SET ledger = :ledger, version = :next",
                    ConditionExpression="attribute_not_exists(version) OR version = :version",
                    ExpressionAttributeValues={
                        ":ledger": {"S": json.dumps(state, separators=(",", ":"))},
                        ":version": {"N": str(version)},
                        ":next": {"N": str(version + 1)},
                    },
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                return False
        return True


def _key(resource: str) -> "dict[str, AttributeValueTypeDef]":
    return {"caller": {"S": _PARTITION}, "job_id": {"S": resource}}
