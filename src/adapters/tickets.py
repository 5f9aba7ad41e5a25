"""Tickets on DynamoDB, each an item of its own beside the jobs."""

from typing import TYPE_CHECKING

from adapters import failures

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef


class DynamoTicketStore:
    """Tickets in the jobs' table, which also forgets those never used. Raises StoreUnavailable."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def keep(self, ticket_hash: str, caller: str, *, until: float) -> None:
        with failures.store():
            self._client.put_item(
                TableName=self._table,
                Item={
                    **_key(ticket_hash),
                    "owner": {"S": caller},
                    "expires_at": {"N": str(int(until))},
                },
            )

    def redeem(self, ticket_hash: str, now: float) -> str | None:
        # One delete decides: of two that redeem at the same instant, one gets the item.
        with failures.store():
            deleted = self._client.delete_item(
                TableName=self._table, Key=_key(ticket_hash), ReturnValues="ALL_OLD"
            )
        item = deleted.get("Attributes", {})
        if not item or int(item["expires_at"]["N"]) <= now:
            return None
        return item["owner"]["S"]


def _key(ticket_hash: str) -> "dict[str, AttributeValueTypeDef]":
    # Callers are shorter and have no such mark, so no list of jobs ever shows a ticket.
    return {"caller": {"S": f"#ticket:{ticket_hash}"}, "job_id": {"S": "#ticket"}}
