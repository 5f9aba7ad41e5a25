"""A caller's jobs on DynamoDB, several at a time."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from adapters import failures
from adapters.job_item import from_item
from sluice.clock import Clock
from sluice.ids import job_ids
from sluice.job.job import Job, Status
from sluice.ports import JobPage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

#: The index of open jobs: only they have its key, `open_of`, which names caller and lane.
OPEN_JOBS = "open-jobs"
#: Items read per request of a list, and requests per call of `list`.
_PAGE, _PAGES = 100, 10


class JobQueries:
    """Lists and counts. Raises StoreUnavailable."""

    def __init__(self, client: "DynamoDBClient", table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def list(
        self,
        caller: str,
        limit: int,
        status: Status | None,
        batch_id: str | None,
        after: str | None,
    ) -> JobPage:
        """As JobStore.list."""
        jobs: list[Job] = []
        for _ in range(_PAGES):
            with failures.store():
                page = self._client.query(
                    TableName=self._table,
                    ConsistentRead=True,
                    ScanIndexForward=False,
                    Limit=_PAGE,
                    **_expressions(caller, self._clock.time(), status, batch_id, after),
                )
            jobs += [from_item(item) for item in page["Items"]]
            if len(jobs) >= limit:
                more = len(jobs) > limit or "LastEvaluatedKey" in page
                return JobPage(jobs[:limit], jobs[limit - 1].id if more else None)
            if "LastEvaluatedKey" not in page:
                return JobPage(jobs, None)
            after = page["LastEvaluatedKey"]["job_id"]["S"]
        return JobPage(jobs, after)

    def count_open(self, open_of: str, at_most: int) -> int:
        """Count the open jobs under a key of the index, to `at_most`."""
        count = 0
        start: Any = {}
        while count < at_most:
            with failures.store():
                page = self._client.query(
                    TableName=self._table,
                    IndexName=OPEN_JOBS,
                    Select="COUNT",
                    KeyConditionExpression="open_of = :open_of",
                    ExpressionAttributeValues={":open_of": {"S": open_of}},
                    Limit=at_most - count,
                    **start,
                )
            count += page["Count"]
            if "LastEvaluatedKey" not in page:
                break
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
        return count


def _expressions(
    caller: str, now: float, status: Status | None, batch_id: str | None, after: str | None
) -> dict[str, Any]:
    """The query of a list: which keys, and which of their items."""
    keys, wanted = "caller = :caller", "expires_at > :now"
    values: dict[str, Any] = {":caller": {"S": caller}, ":now": {"N": repr(now)}}
    names: dict[str, Any] = {}
    if status is not None:
        wanted += " AND #status = :status"
        values[":status"] = {"S": status}
        names = {"ExpressionAttributeNames": {"#status": "status"}}
    if batch_id is not None:
        # Its jobs' ids follow upon each other; seldom another job of the caller lies between.
        first, *_, last = job_ids(batch_id)
        keys += " AND job_id BETWEEN :first AND :last"
        wanted += " AND batch_id = :batch"
        # Both bounds are inclusive: what comes before `after` ends one place earlier.
        last = min(last, _before(after)) if after else last
        values |= {":first": {"S": first}, ":last": {"S": max(first, last)}}
        values[":batch"] = {"S": batch_id if last >= first else ""}
    elif after is not None:
        keys += " AND job_id < :after"
        values[":after"] = {"S": after}
    return {
        "KeyConditionExpression": keys,
        "FilterExpression": wanted,
        "ExpressionAttributeValues": values,
        **names,
    }


def _before(job_id: str) -> str:
    """The greatest text that sorts before a job id, as far as job ids go."""
    return f"{UUID(int=UUID(job_id).int - 1)}"
