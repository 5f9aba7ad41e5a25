"""The job store on DynamoDB: one item per job under (caller, job_id).

Every change is one conditional update of that item. So DynamoDB alone decides the order of what
workers and callers do, whatever crashes.
"""

from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal

from adapters.job_item import open_jobs_of, to_attribute
from adapters.job_queries import JobQueries
from adapters.job_table import JobTable, Refused
from sluice.clock import Clock, to_utc
from sluice.errors import CancelRequested, LeaseLost, LeaseRefused, StoreUnavailable
from sluice.job.job import Job, JobKey, Lane, Status
from sluice.ports import JobPage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

#: The condition that the attempt which writes still holds the job.
_HELD = "#status = :in_progress AND attempt_id = :attempt"
#: The condition that no worker holds the job: it is queued, or the lease has lapsed.
_FREE = "(#status = :queued OR (#status = :in_progress AND lease_until < :now))"
_QUEUED: "dict[str, AttributeValueTypeDef]" = {":queued": {"S": Status.QUEUED}}
_IN_PROGRESS: "dict[str, AttributeValueTypeDef]" = {":in_progress": {"S": Status.IN_PROGRESS}}
#: Attributes that are removed when a job ends: its watchers, and its key in the index of open jobs.
_CLOSED = {"subscribers": None, "open_of": None}
#: How often to try to cancel a job that workers lease and give back in between.
_TRIES = 5


class DynamoJobStore:
    """Jobs in one table. Raises StoreUnavailable if the table does not respond."""

    def __init__(self, client: "DynamoDBClient", table: str, clock: Clock) -> None:
        self._table = JobTable(client, table)
        self._lists = JobQueries(client, table, clock)
        self._clock = clock

    def create(self, jobs: Sequence[Job]) -> bool:
        return self._table.put(jobs)

    def remove(self, key: JobKey) -> None:
        self._table.delete(key, "#status = :queued", _QUEUED)

    def get(self, key: JobKey) -> Job | None:
        job = self._table.get(key)
        return job and self._unless_expired(job)

    def list(
        self,
        caller: str,
        *,
        limit: int,
        status: Status | None = None,
        batch_id: str | None = None,
        after: str | None = None,
    ) -> JobPage:
        return self._lists.list(caller, limit, status, batch_id, after)

    def count_open(self, caller: str, lane: Lane, at_most: int) -> int:
        return self._lists.count_open(open_jobs_of(caller, lane), at_most)

    def lease(self, key: JobKey, *, attempt_id: str, now: float, until: float) -> Job:
        try:
            return self._table.update(
                key,
                "SET #status = :in_progress, attempt_id = :attempt, lease_until = :until, "
                # This removes what an earlier attempt has written.
                "started_at = :started REMOVE answer, sources ADD attempts :one",
                f"expires_at > :now AND {_FREE}",
                {
                    **_QUEUED,
                    **_IN_PROGRESS,
                    ":attempt": {"S": attempt_id},
                    ":now": {"N": repr(now)},
                    ":until": {"N": repr(until)},
                    ":started": {"S": to_utc(now).isoformat()},
                    ":one": {"N": "1"},
                },
            )
        except Refused as refused:
            if refused.job and _is_held(refused.job, attempt_id):
                # The response to the first try was lost, and the SDK tried again.
                return refused.job
            raise LeaseRefused from refused

    def extend(self, job: Job, *, until: float, keep: Collection[str] = ()) -> Job:
        changes = job.model_dump(mode="json", include=set(keep))
        return self._write(job, changes | {"lease_until": until})

    def give_back(self, job: Job, *, counted: bool) -> Job:
        changes = {
            "status": Status.QUEUED,
            "lease_until": 0,
            "attempts": job.attempts if counted else job.attempts - 1,
            "answer": None,
            "sources": None,
        }
        return self._write(job, changes, unless=" AND attribute_not_exists(cancel_requested)")

    def finish(self, job: Job) -> frozenset[str]:
        fields = {"status", "answer", "sources", "error", "usage", "timing", "model", "finished_at"}
        changes = job.model_dump(mode="json", include=fields) | _CLOSED
        return self._write(job, changes, returns="ALL_OLD").subscribers

    def cancel(self, key: JobKey, now: float) -> tuple[Job, frozenset[str]] | None:
        for _ in range(_TRIES):
            try:
                before = self._end(key, now)
            except Refused as refused:
                job = refused.job and self._unless_expired(refused.job)
                if job is None:
                    return None
                if job.status.is_final or (job := self._ask_to_end(job)) is not None:
                    return job, frozenset()
                continue
            ended = {"status": Status.CANCELLED, "finished_at": to_utc(now)}
            return before.model_copy(update=ended), before.subscribers
        raise StoreUnavailable("The job kept changing while it was being cancelled. Try again.")

    def _end(self, key: JobKey, now: float) -> Job:
        """Cancel a job that no worker holds, and return it as it was before."""
        return self._table.update(
            key,
            "SET #status = :cancelled, finished_at = :finished REMOVE open_of, subscribers",
            f"expires_at > :now AND {_FREE}",
            {
                **_QUEUED,
                **_IN_PROGRESS,
                ":cancelled": {"S": Status.CANCELLED},
                ":finished": {"S": to_utc(now).isoformat()},
                ":now": {"N": repr(now)},
            },
            returns="ALL_OLD",
        )

    def _ask_to_end(self, job: Job) -> Job | None:
        """Ask the worker that holds the job to cancel it. None if it does not hold it any more."""
        try:
            return self._write(job, {"cancel_requested": True})
        except LeaseLost:
            return None

    def note_sending(self, job: Job, now: float) -> bool:
        try:
            self._table.update(
                job.key,
                "SET sends = :next, sent_at = :now",
                "#status = :queued AND sends = :sends",
                {
                    **_QUEUED,
                    ":sends": {"N": str(job.sends)},
                    ":next": {"N": str(job.sends + 1)},
                    ":now": {"N": repr(now)},
                },
            )
        except Refused:
            return False
        return True

    def subscribe(self, key: JobKey, connection: str) -> Job | None:
        try:
            watched = self._table.update(
                key,
                "ADD subscribers :connection",
                "#status IN (:queued, :in_progress)",
                {**_QUEUED, **_IN_PROGRESS, ":connection": {"SS": [connection]}},
            )
        except Refused as refused:
            return refused.job and self._unless_expired(refused.job)
        return self._unless_expired(watched)

    def unsubscribe(self, key: JobKey, connection: str) -> None:
        with suppress(Refused):
            self._table.update(
                key,
                "DELETE subscribers :connection",
                "#status IN (:queued, :in_progress)",
                {**_QUEUED, **_IN_PROGRESS, ":connection": {"SS": [connection]}},
            )

    def _write(
        self,
        job: Job,
        changes: dict[str, Any],
        unless: str = "",
        returns: Literal["ALL_NEW", "ALL_OLD"] = "ALL_NEW",
    ) -> Job:
        """Set these fields, and remove those that are None, if the job's attempt still holds it."""
        given = {field: value for field, value in changes.items() if value is not None}
        removed = changes.keys() - given.keys()
        update = "SET " + ", ".join(f"#{field} = :{field}" for field in given)
        if removed:
            update += " REMOVE " + ", ".join(f"#{field}" for field in sorted(removed))
        values = {f":{field}": to_attribute(field, value) for field, value in given.items()}
        values |= {**_IN_PROGRESS, ":attempt": {"S": job.attempt_id or ""}}
        names = {f"#{field}": field for field in changes}
        try:
            return self._table.update(job.key, update, _HELD + unless, values, returns, names)
        except Refused as refused:
            there = refused.job
            if there and _is_held(there, job.attempt_id) and there.cancel_requested:
                raise CancelRequested from refused
            if there and _is_same_end(there, job):
                # The response to the first try was lost, and the SDK tried again.
                return job
            raise LeaseLost from refused

    def _unless_expired(self, job: Job) -> Job | None:
        # DynamoDB may delete an expired item days later.
        return job if job.expires_at > self._clock.time() else None


def _is_held(job: Job, attempt_id: str | None) -> bool:
    """Whether the attempt holds the job, whichever part of a condition failed."""
    return job.status is Status.IN_PROGRESS and job.attempt_id == attempt_id


def _is_same_end(there: Job, job: Job) -> bool:
    """Whether the stored job `there` has already been ended by this attempt in the same way."""
    mine = (job.attempt_id, job.status, job.finished_at)
    return job.status.is_final and (there.attempt_id, there.status, there.finished_at) == mine
