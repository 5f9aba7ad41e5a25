"""The table of jobs: creates, reads, changes and deletes items under conditions."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from adapters import failures
from adapters.job_item import from_item, key_of, to_item
from sluice.job.job import Job, JobKey

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef


class Refused(Exception):
    """A condition did not hold. `job` is the stored job, or None if there is none."""

    def __init__(self, job: Job | None) -> None:
        self.job = job


class JobTable:
    """One table. Raises StoreUnavailable if it does not respond."""

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        self._client = client
        self._name = name

    def put(self, jobs: Sequence[Job]) -> bool:
        """Store new items: all, or none if one of them exists. Return whether they were stored."""
        new = {"TableName": self._name, "ConditionExpression": "attribute_not_exists(job_id)"}
        puts: list[Any] = [{**new, "Item": to_item(job)} for job in jobs]
        with failures.store():
            try:
                if len(puts) == 1:
                    self._client.put_item(**puts[0])  # half the price of a transaction
                else:
                    self._client.transact_write_items(TransactItems=[{"Put": put} for put in puts])
            except self._client.exceptions.ConditionalCheckFailedException:
                return False
            except self._client.exceptions.TransactionCanceledException as error:
                if "ConditionalCheckFailed" not in str(error):
                    raise
                return False
        return True

    def get(self, key: JobKey) -> Job | None:
        """The job as it is now, expired or not, or None."""
        with failures.store():
            found = self._client.get_item(
                TableName=self._name, Key=key_of(key), ConsistentRead=True
            )
        item = found.get("Item")
        return from_item(item) if item else None

    def delete(
        self, key: JobKey, condition: str, values: "Mapping[str, AttributeValueTypeDef]"
    ) -> None:
        """Delete an item if the condition holds."""
        with failures.store():
            try:
                self._client.delete_item(
                    TableName=self._name,
                    Key=key_of(key),
                    ConditionExpression=condition,
                    ExpressionAttributeNames={"#status": "status"},
                    ExpressionAttributeValues=values,
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                return

    def update(
        self,
        key: JobKey,
        update: str,
        condition: str,
        values: "Mapping[str, AttributeValueTypeDef]",
        returns: Literal["ALL_NEW", "ALL_OLD"] = "ALL_NEW",
        names: Mapping[str, str] | None = None,
    ) -> Job:
        """Change an item. Return the job as it is then, or as it was before: `returns` says which.

        Raises Refused if the condition does not hold. `names` need not contain `#status`.
        """
        with failures.store():
            try:
                changed = self._client.update_item(
                    TableName=self._name,
                    Key=key_of(key),
                    UpdateExpression=update,
                    ConditionExpression=condition,
                    ExpressionAttributeNames={"#status": "status", **(names or {})},
                    ExpressionAttributeValues=values,
                    ReturnValues=returns,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except self._client.exceptions.ConditionalCheckFailedException as error:
                response: Any = error.response
                item = response.get("Item")
                raise Refused(from_item(item) if item else None) from error
        return from_item(changed["Attributes"])
