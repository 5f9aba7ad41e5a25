"""The idempotency keys of callers on DynamoDB. Each is an item of its own in the jobs' table."""

import hashlib
from typing import TYPE_CHECKING, Any

from adapters import failures
from sluice.ports import IdempotencyRecord

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoIdempotencyStore:
    """Claims in the jobs' table, whose TTL deletes them. Raises StoreUnavailable."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def claim(
        self, caller: str, key: str, claim: IdempotencyRecord, *, until: float, now: float
    ) -> IdempotencyRecord:
        # The key is hashed, because a caller's key may be any text. No caller's name contains `#`,
        # so no list of jobs ever shows a claim.
        name = hashlib.sha256(f"{caller} {key}".encode()).hexdigest()
        with failures.store():
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item={
                        "caller": {"S": f"#claim:{name}"},
                        "job_id": {"S": "#claim"},
                        "fingerprint": {"S": claim.fingerprint},
                        "made": {"S": claim.made},
                        "expires_at": {"N": str(int(until))},
                    },
                    ConditionExpression="attribute_not_exists(job_id) OR expires_at <= :now",
                    ExpressionAttributeValues={":now": {"N": repr(now)}},
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except self._client.exceptions.ConditionalCheckFailedException as error:
                response: Any = error.response
                kept = response["Item"]
                return IdempotencyRecord(kept["fingerprint"]["S"], kept["made"]["S"])
        return claim
