"""The worker: makes one attempt at the job of each message in a batch.

Each job succeeds or fails alone, and a Report says what happened.
If the job has ended, its message is acknowledged.
Otherwise the message stays in the queue for another delivery.
"""

import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from pydantic import ValidationError

from sluice.answering.answerer import Answerer
from sluice.clock import Clock, to_utc
from sluice.errors import (
    AttemptsExhausted,
    CancelRequested,
    Fatal,
    LeaseLost,
    LeaseRefused,
    NotYet,
    SluiceError,
    StoreUnavailable,
    Throttled,
    TooLate,
)
from sluice.ids import new_attempt_id
from sluice.job.job import Job, JobError, JobKey, Status, Timing
from sluice.ports import Delivery, JobStore, LaneCounters, Push, Queue
from sluice.push.fan_out import FanOut
from sluice.push.posts import Posts
from sluice.work.attempt_output import AttemptOutput
from sluice.work.lease import HeldJob, LeaseKeeper

#: The longest pause before another attempt, in seconds.
_LONGEST_PAUSE = 60
#: What a caller reads about a defect of ours. The log has the error itself.
_UNEXPECTED = SluiceError("An unexpected error occurred. Report it to the operator.")


@dataclass(frozen=True)
class WorkRules:
    """The operator's settings for leases and attempts."""

    lease_seconds: int
    max_attempts: int
    #: A job older than this fails instead of starting. The queue keeps messages for longer.
    give_up_seconds: int


@dataclass(frozen=True)
class Report:
    """The result of one delivery. `event` is its name in the log and the metrics."""

    delivery: Delivery
    event: str
    acknowledge: bool
    job: Job | None = None
    error: BaseException | None = None


class Worker:
    """Works on batches. The messages of a batch are worked on at the same time, in threads."""

    def __init__(
        self,
        store: JobStore,
        queue: Queue,
        lanes: LaneCounters,
        answerer: Answerer,
        push: Push,
        posts: Posts,
        clock: Clock,
        rules: WorkRules,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._store = store
        self._queue = queue
        self._lanes = lanes
        self._answerer = answerer
        self._push = push
        self._posts = posts
        self._clock = clock
        self._rules = rules
        self._jitter = jitter

    def work(self, deliveries: Sequence[Delivery], deadline: float) -> list[Report]:
        """Work on a batch until `deadline`, in seconds since 1970. Return a Report per delivery."""
        if not deliveries:
            return []
        with self.lease_keeper() as keeper, ThreadPoolExecutor(len(deliveries)) as pool:
            keeper.receive(list(deliveries))
            return list(pool.map(lambda each: self.deliver(each, keeper, deadline), deliveries))

    def lease_keeper(self) -> LeaseKeeper:
        """A keeper for the leases of one batch."""
        return LeaseKeeper(self._store, self._queue, self._clock, self._rules.lease_seconds)

    def deliver(self, delivery: Delivery, keeper: LeaseKeeper, deadline: float) -> Report:
        """Make one attempt at the job of a message. The keeper has received the message before."""
        try:
            report = self._take(delivery, keeper, deadline)
        except Exception as error:
            report = Report(delivery, "crashed", acknowledge=False, error=error)
        if report.acknowledge:
            keeper.done(delivery)
        else:
            keeper.release(delivery)
        return report

    def _take(self, delivery: Delivery, keeper: LeaseKeeper, deadline: float) -> Report:
        try:
            key = JobKey.model_validate_json(delivery.body)
        except ValidationError as error:
            self._queue.dead_letter(delivery, "the body is not a job key")
            return Report(delivery, "unreadable", acknowledge=True, error=error)
        try:
            job = self._store.lease(
                key,
                attempt_id=new_attempt_id(),
                now=self._clock.time(),
                until=keeper.lease_end(),
            )
        except LeaseRefused:
            return self._not_ours(delivery, key)
        job = _with_wait(job)
        held = HeldJob(job, deadline, self._clock)
        keeper.keep(delivery, held)
        return self._attempt(delivery, held, keeper)

    def _not_ours(self, delivery: Delivery, key: JobKey) -> Report:
        job = self._store.get(key)
        if job is None or job.status.is_final:
            return Report(delivery, "already-ended", acknowledge=True, job=job)
        wait = max(1.0, job.lease_until - self._clock.time())
        self._pause(delivery, wait + self._jitter(0, 1))
        return Report(delivery, "leased-elsewhere", acknowledge=False, job=job)

    def _attempt(self, delivery: Delivery, held: HeldJob, keeper: LeaseKeeper) -> Report:
        output = self._follow(held, keeper)
        try:
            return self._work_on(delivery, held.job, output)
        except LeaseLost as error:
            return Report(delivery, "lease-lost", acknowledge=False, job=output.job, error=error)
        except StoreUnavailable as error:
            # Nothing can be written now. The lease lapses, and the next delivery continues.
            event = "store-unavailable"
            return Report(delivery, event, acknowledge=False, job=output.job, error=error)
        finally:
            output.abandon()

    def _work_on(self, delivery: Delivery, job: Job, output: AttemptOutput) -> Report:
        try:
            self._check_worth(job)
            output.began()
            done = self._answerer.answer(job, output)
            output.ended(done)
            return Report(delivery, "completed", acknowledge=True, job=done)
        except CancelRequested as error:
            return self._cancel(delivery, output, error)
        except Fatal as error:
            return self._fail(delivery, output, error)
        except (LeaseLost, StoreUnavailable):
            raise
        except Exception as error:
            return self._try_again(delivery, output, error)

    def _follow(self, held: HeldJob, keeper: LeaseKeeper) -> AttemptOutput:
        def forget(connection: str) -> None:
            with suppress(SluiceError):
                self._store.unsubscribe(held.job.key, connection)

        fan_out = FanOut(self._push, self._posts, forget)
        return AttemptOutput(
            self._store, fan_out, self._clock, held, keeper.lease_end, self._advance_lane
        )

    def _advance_lane(self, job: Job) -> None:
        with suppress(StoreUnavailable):  # nothing but forecasts depends on it
            self._lanes.begin(job.lane, job.queue_number, self._clock.time())

    def _check_worth(self, job: Job) -> None:
        if job.is_unwanted(self._clock.time()):
            raise CancelRequested
        age = to_utc(self._clock.time()) - job.created_at
        if age > timedelta(seconds=self._rules.give_up_seconds):
            minutes = self._rules.give_up_seconds // 60
            raise TooLate(f"The question was not answered within {minutes} minutes.")
        if job.attempts > self._rules.max_attempts:
            # A worker that survives the last attempt ends the job itself, so this one was killed.
            attempts = f"All {self._rules.max_attempts} attempts were interrupted"
            raise AttemptsExhausted(f"{attempts} before they could report a reason.")

    def _try_again(self, delivery: Delivery, output: AttemptOutput, error: Exception) -> Report:
        job = output.job
        counted = not isinstance(error, Throttled)
        if counted and job.attempts >= self._rules.max_attempts:
            return self._fail(delivery, output, error)
        if isinstance(error, NotYet):
            # Until there should be capacity. The factor keeps jobs from coming back all at once.
            pause = error.retry_after * self._jitter(1, 1.2)
            event = "not-yet"
        else:
            tries = job.attempts if counted else delivery.receives
            pause = self._jitter(2, min(_LONGEST_PAUSE, 4.0 * 2 ** min(tries, 10)))
            event = "given-back" if counted else "throttled"
        try:
            output.gave_back(counted=counted)
        except CancelRequested as unwanted:
            return self._cancel(delivery, output, unwanted)
        self._pause(delivery, pause)
        return Report(delivery, event, acknowledge=False, job=job, error=error)

    def _fail(self, delivery: Delivery, output: AttemptOutput, error: Exception) -> Report:
        reason = error if isinstance(error, SluiceError) else _UNEXPECTED
        failed = self._ended(output.job, Status.FAILED, sources=[], error=JobError.of(reason))
        output.ended(failed)
        return Report(delivery, "failed", acknowledge=True, job=failed, error=error)

    def _cancel(self, delivery: Delivery, output: AttemptOutput, error: CancelRequested) -> Report:
        # The text written so far is kept, because the caller may want to read it.
        cancelled = self._ended(output.job, Status.CANCELLED, answer=output.answer)
        output.ended(cancelled)
        return Report(delivery, "cancelled", acknowledge=True, job=cancelled, error=error)

    def _ended(self, job: Job, status: Status, **fields: object) -> Job:
        finished_at = to_utc(self._clock.time())
        final = {"status": status, "answer": None, "finished_at": finished_at}
        return job.model_copy(update=final | fields)

    def _pause(self, delivery: Delivery, seconds: float) -> None:
        self._queue.hold({delivery: round(seconds)})


def _with_wait(job: Job) -> Job:
    """The job with the timing of a new attempt, which starts with the time it waited."""
    started = job.started_at or job.created_at
    waited = round(max(0, (started - job.created_at).total_seconds()) * 1000)
    return job.model_copy(update={"timing": Timing(queued_ms=waited)})
