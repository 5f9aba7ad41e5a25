"""The job store on DynamoDB: one item per job under (caller, job_id).

Every change is one conditional update of that item, so that workers, callers and crashes are
ordered by DynamoDB and by nothing else.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Literal

from adapters import failures
from adapters.job_item import from_item, key_of, to_attribute, to_item
from sluice.clock import Clock, to_utc
from sluice.errors import LeaseLost, LeaseRefused
from sluice.job import Job, JobKey, Status
from sluice.seams import JobPage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

#: The attempt that wants to write still has the job.
_HELD = "#status = :in_progress AND attempt_id = :attempt"
_STATUS = {"#status": "status"}
#: Items read per request of a list, and requests per call of `list`.
_PAGE, _PAGES = 100, 10


class DynamoJobStore:
    """Jobs in one table. Raises StoreUnavailable when the table does not answer."""

    def __init__(self, client: "DynamoDBClient", table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def create(self, job: Job) -> None:
        with failures.store():
            self._client.put_item(
                TableName=self._table,
                Item=to_item(job),
                ConditionExpression="attribute_not_exists(job_id)",
            )

    def remove(self, key: JobKey) -> None:
        with failures.store():
            try:
                self._client.delete_item(
                    TableName=self._table,
                    Key=key_of(key),
                    ConditionExpression="#status = :queued",
                    ExpressionAttributeNames=_STATUS,
                    ExpressionAttributeValues={":queued": {"S": Status.QUEUED}},
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                return

    def get(self, key: JobKey) -> Job | None:
        with failures.store():
            found = self._client.get_item(
                TableName=self._table, Key=key_of(key), ConsistentRead=True
            )
        item = found.get("Item")
        return self._unless_expired(from_item(item)) if item else None

    def list(self, caller: str, *, status: Status | None, limit: int, after: str | None) -> JobPage:
        values: dict[str, Any] = {
            ":caller": {"S": caller},
            ":now": {"N": repr(self._clock.time())},
        }
        query: dict[str, Any] = {"FilterExpression": "expires_at > :now"}
        if status is not None:
            values[":status"] = {"S": status}
            query = {
                "FilterExpression": "expires_at > :now AND #status = :status",
                "ExpressionAttributeNames": _STATUS,
            }
        jobs: list[Job] = []
        for _ in range(_PAGES):
            before = " AND job_id < :after" if after else ""
            with failures.store():
                page = self._client.query(
                    TableName=self._table,
                    KeyConditionExpression=f"caller = :caller{before}",
                    ExpressionAttributeValues=values | ({":after": {"S": after}} if after else {}),
                    ScanIndexForward=False,
                    Limit=_PAGE,
                    **query,
                )
            jobs += [from_item(item) for item in page["Items"]]
            if len(jobs) >= limit:
                more = len(jobs) > limit or "LastEvaluatedKey" in page
                return JobPage(jobs[:limit], jobs[limit - 1].id if more else None)
            if "LastEvaluatedKey" not in page:
                return JobPage(jobs, None)
            after = page["LastEvaluatedKey"]["job_id"]["S"]
        return JobPage(jobs, after)

    def lease(self, key: JobKey, *, attempt_id: str, now: float, until: float) -> Job:
        with failures.store():
            try:
                leased = self._client.update_item(
                    TableName=self._table,
                    Key=key_of(key),
                    UpdateExpression=(
                        "SET #status = :in_progress, attempt_id = :attempt, "
                        "lease_until = :until, started_at = :started "
                        # What an attempt before this one had written begins anew.
                        "REMOVE answer, sources ADD attempts :one"
                    ),
                    ConditionExpression=(
                        "expires_at > :now AND (#status = :queued "
                        "OR (#status = :in_progress AND lease_until < :now))"
                    ),
                    ExpressionAttributeNames=_STATUS,
                    ExpressionAttributeValues={
                        ":queued": {"S": Status.QUEUED},
                        ":in_progress": {"S": Status.IN_PROGRESS},
                        ":attempt": {"S": attempt_id},
                        ":now": {"N": repr(now)},
                        ":until": {"N": repr(until)},
                        ":started": {"S": to_utc(now).isoformat()},
                        ":one": {"N": "1"},
                    },
                    ReturnValues="ALL_NEW",
                )
            except self._client.exceptions.ConditionalCheckFailedException as error:
                raise LeaseRefused from error
        return from_item(leased["Attributes"])

    def extend(self, job: Job, *, until: float, keep: Collection[str] = ()) -> Job:
        changes = job.model_dump(mode="json", include=set(keep))
        return from_item(self._write(job, changes | {"lease_until": until}, "ALL_NEW"))

    def give_back(self, job: Job, *, counted: bool) -> Job:
        changes = {
            "status": Status.QUEUED,
            "lease_until": 0,
            "attempts": job.attempts if counted else job.attempts - 1,
            "answer": None,
            "sources": None,
        }
        return from_item(self._write(job, changes, "ALL_NEW"))

    def finish(self, job: Job) -> frozenset[str]:
        fields = {"status", "answer", "sources", "error", "usage", "timing", "model", "finished_at"}
        changes = job.model_dump(mode="json", include=fields) | {"subscribers": None}
        return from_item(self._write(job, changes, "ALL_OLD")).subscribers

    def _write(
        self, job: Job, changes: dict[str, Any], returns: Literal["ALL_NEW", "ALL_OLD"]
    ) -> "dict[str, AttributeValueTypeDef]":
        """Set these fields, or remove those that are None, if the job's attempt still holds it."""
        given = {field: value for field, value in changes.items() if value is not None}
        removed = changes.keys() - given.keys()
        update = "SET " + ", ".join(f"#{field} = :{field}" for field in given)
        if removed:
            update += " REMOVE " + ", ".join(f"#{field}" for field in sorted(removed))
        values = {f":{field}": to_attribute(field, value) for field, value in given.items()}
        with failures.store():
            try:
                written = self._client.update_item(
                    TableName=self._table,
                    Key=key_of(job.key),
                    UpdateExpression=update,
                    ConditionExpression=_HELD,
                    ExpressionAttributeNames=_STATUS | {f"#{field}": field for field in changes},
                    ExpressionAttributeValues=values
                    | {
                        ":in_progress": {"S": Status.IN_PROGRESS},
                        ":attempt": {"S": job.attempt_id or ""},
                    },
                    ReturnValues=returns,
                )
            except self._client.exceptions.ConditionalCheckFailedException as error:
                raise LeaseLost from error
        return written["Attributes"]

    def subscribe(self, key: JobKey, connection: str) -> Job | None:
        with failures.store():
            try:
                watched = self._client.update_item(
                    TableName=self._table,
                    Key=key_of(key),
                    UpdateExpression="ADD subscribers :connection",
                    ConditionExpression="#status IN (:queued, :in_progress)",
                    ExpressionAttributeNames=_STATUS,
                    ExpressionAttributeValues={
                        ":connection": {"SS": [connection]},
                        ":queued": {"S": Status.QUEUED},
                        ":in_progress": {"S": Status.IN_PROGRESS},
                    },
                    ReturnValues="ALL_NEW",
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                return self.get(key)
        return self._unless_expired(from_item(watched["Attributes"]))

    def unsubscribe(self, key: JobKey, connection: str) -> None:
        with failures.store():
            try:
                self._client.update_item(
                    TableName=self._table,
                    Key=key_of(key),
                    UpdateExpression="DELETE subscribers :connection",
                    ConditionExpression="attribute_exists(job_id)",
                    ExpressionAttributeValues={":connection": {"SS": [connection]}},
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                return

    def _unless_expired(self, job: Job) -> Job | None:
        # DynamoDB deletes expired items days late.
        return job if job.expires_at > self._clock.time() else None
