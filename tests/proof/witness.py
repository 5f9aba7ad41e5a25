"""A witness: what anybody may see of the jobs, held against what must be true at all times."""

from typing import Any

from pydantic import TypeAdapter

from sluice.job.answer import Answer
from sluice.job.job import Job, JobError, JobKey, Lane, Status
from tests.proof.world import SETTINGS, World

CALLERS = ["ann", "bob"]

#: What a job's end is: status, answer, reason, and when.
Outcome = tuple[Any, ...]


class Witness:
    """Knows what was accepted, and how each job was first seen to have ended."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.accepted: set[JobKey] = set()
        self._outcomes: dict[JobKey, Outcome] = {}
        self._ids_of_keys: dict[tuple[str, str], str] = {}
        #: Each job as it was when we last looked.
        self._before: dict[JobKey, Job] = {}

    def accepts(self, job: Job, idempotency_key: str | None = None) -> None:
        """A caller was told that its question is taken."""
        self.accepted.add(job.key)
        if idempotency_key is not None:
            first = self._ids_of_keys.setdefault((job.caller, idempotency_key), job.id)
            assert first == job.id, "one idempotency key, two jobs"
        self.sees(job)

    def sees(self, job: Job) -> None:
        """Somebody was shown a job."""
        if job.status.is_final:
            self._ended(job.key, (job.status, job.answer, job.error, job.finished_at))

    def hears(self, message: dict[str, Any]) -> None:
        """A connection was sent a message."""
        job = message.get("job")
        if job and Status(job["status"]).is_final:
            keys = [each for each in self._outcomes if each.job_id == job["id"]]
            assert keys, "an end is told that was never kept"
            ended = self._outcomes[keys[0]]
            answer: Answer | None = TypeAdapter(Answer | None).validate_python(job["answer"])
            error: JobError | None = TypeAdapter(JobError | None).validate_python(job["error"])
            assert (job["status"], answer, error) == ended[:3], "two ends were told"

    def looks(self) -> list[Job]:
        """All jobs, after checking what must hold whatever has happened."""
        found = []
        for caller in CALLERS:
            jobs = self._world.store.list(caller, limit=1_000).jobs
            for job in jobs:
                self.sees(job)
                assert not (job.status.is_final and job.subscribers), "watchers of an ended job"
                assert job.status.is_final or self._may_yet_end(job), "a question is lost"
                self._check_lease(job)
            self._check_none_has_gone(caller, jobs)
            for lane in Lane:
                still_open = sum(job.lane is lane and not job.status.is_final for job in jobs)
                assert self._world.store.count_open(caller, lane, 1_000) == still_open
            found += jobs
        for messages in self._world.push.sent.values():
            for message in messages:
                self.hears(message)
        return found

    def sees_to_the_end(self) -> None:
        """Let time pass, deliver what can be, list the jobs: all must come to an end."""
        world = self._world
        for _ in range(12):
            left = [job for job in self.looks() if not job.status.is_final]
            if not left and not world.queue.messages:
                return
            for caller in CALLERS:
                world.do(lambda of, caller=caller: of.reader.list(caller, limit=100))
            for name in world.queue.visible():
                delivery = world.queue.receive(name)
                report = world.do(lambda of, delivery=delivery: of.deliver(delivery))
                assert report.event != "crashed", report.error
            world.clock.now += 301
        assert not left, "a question has never ended"
        assert not world.queue.messages, "a message was never acknowledged"
        assert not world.queue.dead_letters, "every message can be read"

    def counts_attempts(self, job: Job, uncounted: int) -> None:
        """A job is worked on so many times at most, beside those when it was throttled."""
        begun = self._world.upstreams.asked.count(job.question)
        assert begun <= SETTINGS.max_attempts + uncounted, "too many attempts"

    def _ended(self, key: JobKey, outcome: Outcome) -> None:
        first = self._outcomes.setdefault(key, outcome)
        assert first == outcome, "an ended job has changed"

    def _check_lease(self, job: Job) -> None:
        """Of two that work on a job at a time, the first had its lease lapse."""
        before = self._before.get(job.key, job)
        self._before[job.key] = job
        if before.status is Status.IN_PROGRESS and before.attempt_id != job.attempt_id:
            assert before.lease_until < self._world.clock.now, "a live lease was taken"

    def _may_yet_end(self, job: Job) -> bool:
        """A message will bring it to a worker, or who looks at it will have it sent again."""
        has_message = any(each.key == job.key for each in self._world.queue.messages.values())
        is_fresh = job.status is Status.QUEUED and job.started_at is None
        return job.key not in self.accepted or has_message or is_fresh

    def _check_none_has_gone(self, caller: str, jobs: list[Job]) -> None:
        there = {job.key: job for job in jobs}
        for key in self.accepted | self._outcomes.keys():
            assert key.caller != caller or key in there, "a job has gone"
            if key.caller == caller and key in self._outcomes:
                assert there[key].status.is_final, "a job has begun anew"
