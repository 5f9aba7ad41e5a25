"""The job store on DynamoDB: one item per job under (caller, job_id).

Every change is one conditional update of that item, so that workers, callers and crashes are
ordered by DynamoDB and by nothing else.
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

#: The attempt that wants to write still has the job.
_HELD = "#status = :in_progress AND attempt_id = :attempt"
#: No worker has the job: it waits, or its worker's lease has lapsed.
_FREE = "(#status = :queued OR (#status = :in_progress AND lease_until < :now))"
_QUEUED: "dict[str, AttributeValueTypeDef]" = {":queued": {"S": Status.QUEUED}}
_IN_PROGRESS: "dict[str, AttributeValueTypeDef]" = {":in_progress": {"S": Status.IN_PROGRESS}}
#: What an ended job no longer has: watchers, and its place among its caller's open ones.
_CLOSED = {"subscribers": None, "open_of": None}
#: Times that a job may change hands while it is being cancelled.
_TRIES = 5


class DynamoJobStore:
    """Jobs in one table. Raises StoreUnavailable when the table does not answer."""

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
                # What an attempt before this one had written begins anew.
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
                # The SDK tried again, since the answer to its first try was lost.
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
        raise StoreUnavailable("The job changes hands too quickly; try again.")

    def _end(self, key: JobKey, now: float) -> Job:
        """Cancel a job that no worker holds; returns it as it was."""
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
        """Have the worker that holds the job cancel it; None if it just let go of it."""
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
        """Set these fields, or remove those that are None, if the job's attempt still holds it."""
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
                # The SDK tried again, since the answer to its first try was lost.
                return job
            raise LeaseLost from refused

    def _unless_expired(self, job: Job) -> Job | None:
        # DynamoDB deletes expired items days late.
        return job if job.expires_at > self._clock.time() else None


def _is_held(job: Job, attempt_id: str | None) -> bool:
    """Whether that attempt holds the job, whatever else a condition has asked for."""
    return job.status is Status.IN_PROGRESS and job.attempt_id == attempt_id


def _is_same_end(there: Job, job: Job) -> bool:
    """Whether the job ended as this attempt wants it to."""
    mine = (job.attempt_id, job.status, job.finished_at)
    return job.status.is_final and (there.attempt_id, there.status, there.finished_at) == mine
