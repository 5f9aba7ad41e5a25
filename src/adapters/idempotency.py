"""Callers' idempotency keys on DynamoDB, each an item of its own beside the jobs."""

import hashlib
from typing import TYPE_CHECKING, Any

from adapters import failures
from sluice.ports import IdempotencyRecord

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoIdempotencyStore:
    """Claims in the jobs' table, which also forgets them. Raises StoreUnavailable."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def claim(
        self, caller: str, key: str, claim: IdempotencyRecord, *, until: float, now: float
    ) -> IdempotencyRecord:
        # A hash, since keys are the caller's and may be anything. Callers have no such mark, so no
        # list of jobs ever shows a claim.
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
