"""Queries for several jobs of a caller on DynamoDB."""

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

#: The index of open jobs. Only open jobs have its key `open_of`, which names caller and lane.
OPEN_JOBS = "open-jobs"
#: The number of items per request, and of requests per call of `list`.
_PAGE, _PAGES = 100, 10


class JobQueries:
    """Lists and counts jobs. Raises StoreUnavailable."""

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
        """The same as JobStore.list."""
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
        """The number of open jobs under a key of the index, up to `at_most`."""
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
    """The expressions of a list's query: its range of keys, and its filter."""
    keys, wanted = "caller = :caller", "expires_at > :now"
    values: dict[str, Any] = {":caller": {"S": caller}, ":now": {"N": repr(now)}}
    names: dict[str, Any] = {}
    if status is not None:
        wanted += " AND #status = :status"
        values[":status"] = {"S": status}
        names = {"ExpressionAttributeNames": {"#status": "status"}}
    if batch_id is not None:
        # The ids of a batch's jobs are neighbours. Other jobs of the caller are rarely among them.
        first, *_, last = job_ids(batch_id)
        keys += " AND job_id BETWEEN :first AND :last"
        wanted += " AND batch_id = :batch"
        # Both bounds of BETWEEN are inclusive, so the range must end just before `after`.
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
    """The id that sorts directly before a job id."""
    return f"{UUID(int=UUID(job_id).int - 1)}"
