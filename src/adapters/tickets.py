"""Tickets on DynamoDB. Each is an item of its own in the jobs' table."""

from typing import TYPE_CHECKING

from adapters import failures

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef


class DynamoTicketStore:
    """Tickets in the jobs' table, whose TTL deletes unused ones. Raises StoreUnavailable."""

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
        # If two requests redeem a ticket at the same instant, only one of the deletes returns it.
        with failures.store():
            deleted = self._client.delete_item(
                TableName=self._table, Key=_key(ticket_hash), ReturnValues="ALL_OLD"
            )
        item = deleted.get("Attributes", {})
        if not item or int(item["expires_at"]["N"]) <= now:
            return None
        return item["owner"]["S"]


def _key(ticket_hash: str) -> "dict[str, AttributeValueTypeDef]":
    # No caller's name contains `#`, so no list of jobs ever shows a ticket.
    return {"caller": {"S": f"#ticket:{ticket_hash}"}, "job_id": {"S": "#ticket"}}
