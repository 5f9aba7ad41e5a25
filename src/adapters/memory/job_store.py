"""The job store in memory."""

import threading
from collections.abc import Collection, Sequence
from typing import Any

from sluice.clock import Clock, to_utc
from sluice.errors import CancelRequested, LeaseLost, LeaseRefused
from sluice.job.job import Job, JobKey, Lane, Status
from sluice.ports import JobPage


class MemoryJobStore:
    """A JobStore in a dictionary."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._jobs: dict[JobKey, Job] = {}
        self._guard = threading.Lock()

    def create(self, jobs: Sequence[Job]) -> bool:
        with self._guard:
            if any(job.key in self._jobs for job in jobs):
                return False
            self._jobs |= {job.key: job for job in jobs}
            return True

    def remove(self, key: JobKey) -> None:
        with self._guard:
            job = self._jobs.get(key)
            if job and job.status is Status.QUEUED:
                del self._jobs[key]

    def get(self, key: JobKey) -> Job | None:
        job = self._jobs.get(key)
        return job if job and job.expires_at > self._clock.time() else None

    def list(
        self,
        caller: str,
        *,
        limit: int,
        status: Status | None = None,
        batch_id: str | None = None,
        after: str | None = None,
    ) -> JobPage:
        found = [
            job
            for key, job in sorted(
                self._jobs.items(), key=lambda each: each[0].job_id, reverse=True
            )
            if key.caller == caller
            and (after is None or key.job_id < after)
            and (status is None or job.status is status)
            and (batch_id is None or job.batch_id == batch_id)
            and job.expires_at > self._clock.time()
        ]
        return JobPage(found[:limit], found[limit - 1].id if len(found) > limit else None)

    def count_open(self, caller: str, lane: Lane, at_most: int) -> int:
        with self._guard:
            jobs = list(self._jobs.values())
        owned = [job for job in jobs if (job.caller, job.lane) == (caller, lane)]
        return min(at_most, sum(not job.status.is_final for job in owned))

    def lease(self, key: JobKey, *, attempt_id: str, now: float, until: float) -> Job:
        with self._guard:
            job = self.get(key)
            if job is None or not _may_be_leased(job, now):
                raise LeaseRefused
            return self._change(
                job,
                status=Status.IN_PROGRESS,
                attempt_id=attempt_id,
                answer=None,
                sources=[],
                lease_until=until,
                attempts=job.attempts + 1,
                started_at=to_utc(now),
            )

    def extend(self, job: Job, *, until: float, keep: Collection[str] = ()) -> Job:
        with self._guard:
            kept = {name: getattr(job, name) for name in keep}
            return self._change(self._held(job), lease_until=until, **kept)

    def give_back(self, job: Job, *, counted: bool) -> Job:
        attempts = job.attempts if counted else job.attempts - 1
        with self._guard:
            held = self._held(job)
            if held.cancel_requested:
                raise CancelRequested
            return self._change(
                held,
                status=Status.QUEUED,
                lease_until=0.0,
                attempts=attempts,
                answer=None,
                sources=[],
            )

    def finish(self, job: Job) -> frozenset[str]:
        names = ["status", "answer", "sources", "error", "usage", "timing", "model", "finished_at"]
        with self._guard:
            there = self._jobs.get(job.key)
            if there and there.status.is_final and _end_of(there) == _end_of(job):
                return job.subscribers
            held = self._held(job)
            final = {name: getattr(job, name) for name in names}
            self._change(held, subscribers=frozenset(), **final)
            return held.subscribers

    def cancel(self, key: JobKey, now: float) -> tuple[Job, frozenset[str]] | None:
        with self._guard:
            job = self.get(key)
            if job is None:
                return None
            if job.status.is_final:
                return job, frozenset()
            if not _may_be_leased(job, now):
                return self._change(job, cancel_requested=True), frozenset()
            ended: dict[str, Any] = {"status": Status.CANCELLED, "finished_at": to_utc(now)}
            return self._change(job, subscribers=frozenset(), **ended), job.subscribers

    def note_sending(self, job: Job, now: float) -> bool:
        with self._guard:
            there = self.get(job.key)
            if there is None or there.status is not Status.QUEUED or there.sends != job.sends:
                return False
            self._change(there, sends=job.sends + 1, sent_at=now)
            return True

    def subscribe(self, key: JobKey, connection: str) -> Job | None:
        with self._guard:
            job = self.get(key)
            if job is None or job.status.is_final:
                return job
            return self._change(job, subscribers=job.subscribers | {connection})

    def unsubscribe(self, key: JobKey, connection: str) -> None:
        with self._guard:
            if job := self._jobs.get(key):
                self._change(job, subscribers=job.subscribers - {connection})

    def _held(self, job: Job) -> Job:
        now = self._jobs.get(job.key)
        if now is None or now.status is not Status.IN_PROGRESS or now.attempt_id != job.attempt_id:
            raise LeaseLost
        return now

    def _change(self, job: Job, **changes: object) -> Job:
        changed = job.model_copy(update=changes)
        self._jobs[job.key] = changed
        return changed


def _end_of(job: Job) -> tuple[object, ...]:
    return job.attempt_id, job.status, job.finished_at


def _may_be_leased(job: Job, now: float) -> bool:
    """Whether the job is queued, or the lease of its worker has lapsed."""
    return job.status is Status.QUEUED or (
        job.status is Status.IN_PROGRESS and job.lease_until < now
    )
