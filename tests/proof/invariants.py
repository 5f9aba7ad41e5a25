"""What must hold at all times of the jobs that callers, watchers and the store can see."""

from typing import Any

from pydantic import TypeAdapter

from sluice.job.answer import Answer
from sluice.job.job import Job, JobError, JobKey, Lane, Status
from tests.proof.world import SETTINGS, World

CALLERS = ["ann", "bob"]

#: How a job ended: status, answer, error, and when.
End = tuple[Any, ...]


class Invariants:
    """Remembers which jobs were accepted and how each was first seen to end, and checks both."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.accepted: set[JobKey] = set()
        self._ends: dict[JobKey, End] = {}
        self._ids_of_keys: dict[tuple[str, str], str] = {}
        #: Each job as it was at the last check.
        self._before: dict[JobKey, Job] = {}

    def note_accepted(self, job: Job, idempotency_key: str | None = None) -> None:
        """Note that a caller got this job for its question."""
        self.accepted.add(job.key)
        if idempotency_key is not None:
            first = self._ids_of_keys.setdefault((job.caller, idempotency_key), job.id)
            assert first == job.id, "one idempotency key, two jobs"
        self.note_shown(job)

    def note_shown(self, job: Job) -> None:
        """Note that a caller was shown this job."""
        if job.status.is_final:
            self._note_end(job.key, (job.status, job.answer, job.error, job.finished_at))

    def check(self) -> list[Job]:
        """Check what must hold whatever has happened, and return all jobs."""
        found = []
        for caller in CALLERS:
            jobs = self._world.store.list(caller, limit=1_000).jobs
            for job in jobs:
                self.note_shown(job)
                assert not (job.status.is_final and job.subscribers), "an ended job has watchers"
                assert job.status.is_final or self._can_still_end(job), "a question is lost"
                self._check_lease(job)
            self._check_none_is_missing(caller, jobs)
            for lane in Lane:
                still_open = sum(job.lane is lane and not job.status.is_final for job in jobs)
                assert self._world.store.count_open(caller, lane, 1_000) == still_open
            found += jobs
        for messages in self._world.push.sent.values():
            for message in messages:
                self._check_pushed(message)
        return found

    def check_that_all_end(self) -> None:
        """Let time pass, deliver every message and list the jobs: all must end."""
        world = self._world
        for _ in range(12):
            left = [job for job in self.check() if not job.status.is_final]
            if not left and not world.queue.messages:
                return
            for caller in CALLERS:
                world.do(lambda process, caller=caller: process.reader.list(caller, limit=100))
            for name in world.queue.visible():
                delivery = world.queue.receive(name)
                report = world.do(lambda process, delivery=delivery: process.deliver(delivery))
                assert report.event != "crashed", report.error
            world.clock.now += 301
        assert not left, "a question has never ended"
        assert not world.queue.messages, "a message was never acknowledged"
        assert not world.queue.dead_letters, "every message can be read"

    def check_attempts(self, job: Job, uncounted: int) -> None:
        """Fail if the job was tried more often than max_attempts and its `uncounted` attempts."""
        begun = self._world.upstreams.asked.count(job.question)
        assert begun <= SETTINGS.max_attempts + uncounted, "too many attempts"

    def _check_pushed(self, message: dict[str, Any]) -> None:
        """An event of a job's end says what the store says."""
        job = message.get("job")
        if job and Status(job["status"]).is_final:
            keys = [each for each in self._ends if each.job_id == job["id"]]
            assert keys, "an end was pushed that was never stored"
            end = self._ends[keys[0]]
            answer: Answer | None = TypeAdapter(Answer | None).validate_python(job["answer"])
            error: JobError | None = TypeAdapter(JobError | None).validate_python(job["error"])
            assert (job["status"], answer, error) == end[:3], "two different ends were pushed"

    def _note_end(self, key: JobKey, end: End) -> None:
        first = self._ends.setdefault(key, end)
        assert first == end, "an ended job has changed"

    def _check_lease(self, job: Job) -> None:
        """Only a lapsed lease passes to another worker."""
        before = self._before.get(job.key, job)
        self._before[job.key] = job
        if before.status is Status.IN_PROGRESS and before.attempt_id != job.attempt_id:
            assert before.lease_until < self._world.clock.now, "a live lease was taken"

    def _can_still_end(self, job: Job) -> bool:
        """A message will bring it to a worker, or reading it will send the message again."""
        has_message = any(each.key == job.key for each in self._world.queue.messages.values())
        is_fresh = job.status is Status.QUEUED and job.started_at is None
        return job.key not in self.accepted or has_message or is_fresh

    def _check_none_is_missing(self, caller: str, jobs: list[Job]) -> None:
        stored = {job.key: job for job in jobs}
        for key in self.accepted | self._ends.keys():
            assert key.caller != caller or key in stored, "a job is missing"
            if key.caller == caller and key in self._ends:
                assert stored[key].status.is_final, "an ended job is open again"
