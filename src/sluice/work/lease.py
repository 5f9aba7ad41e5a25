"""Leases: a worker's exclusive right to a job for a limited time, and its hold on the message.

Both last for the same short time.
So another worker takes over the job of a killed one as soon as they lapse, long before the
visibility timeout of the queue.
A LeaseKeeper extends them from a thread of its own, because the thread that answers the job may
be waiting for the model.
"""

import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

from sluice.clock import Clock
from sluice.errors import CancelRequested, LeaseLost, OutOfTime
from sluice.job.job import Job
from sluice.ports import Delivery, JobStore, Queue


class HeldJob:
    """A job that this worker holds. `check` raises an error once the work should stop."""

    def __init__(self, job: Job, deadline: float, clock: Clock) -> None:
        self.job = job
        #: When the function ends, in seconds since 1970.
        self.deadline = deadline
        self._clock = clock
        self._lost = threading.Event()
        self._cancelled = threading.Event()

    def lose(self) -> None:
        self._lost.set()

    def saw(self, stored: Job) -> None:
        """Look in the job, as it is stored, for a request to cancel it."""
        if stored.cancel_requested:
            self._cancelled.set()

    def check(self) -> None:
        """Raise LeaseLost, CancelRequested, or OutOfTime if the function is about to end."""
        if self._lost.is_set():
            raise LeaseLost("Another worker has taken over the job.")
        if self._cancelled.is_set():
            raise CancelRequested
        if self._clock.time() >= self.deadline:
            raise OutOfTime("The function reached its time limit before the answer was complete.")


class LeaseKeeper:
    """Extends the leases and messages of one batch until each job is done."""

    def __init__(self, store: JobStore, queue: Queue, clock: Clock, seconds: int) -> None:
        self._store = store
        self._queue = queue
        self._clock = clock
        self._seconds = seconds
        self._held: dict[Delivery, HeldJob | None] = {}
        self._guard = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lease-keeper", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def receive(self, deliveries: list[Delivery]) -> None:
        """Hold these messages. Their jobs are not leased yet.

        If that fails, they stay hidden for the queue's own time, and the next beat tries again.
        """
        with self._guard:
            self._held.update(dict.fromkeys(deliveries))
        with suppress(Exception):  # a defect here would fail the whole batch
            self._queue.hold(dict.fromkeys(deliveries, self._seconds))

    def lease_end(self) -> float:
        """The end of a lease that starts or is extended now, in seconds since 1970."""
        return self._clock.time() + self._seconds

    def keep(self, delivery: Delivery, held: HeldJob) -> None:
        """Extend the lease of this job too from now on."""
        with self._guard:
            self._held[delivery] = held

    def done(self, delivery: Delivery) -> None:
        """Stop extending the lease, but hold the message until the whole batch is acknowledged."""
        with self._guard:
            self._held[delivery] = None

    def release(self, delivery: Delivery) -> None:
        """Stop extending the lease and the message."""
        with self._guard:
            self._held.pop(delivery, None)

    def beat(self) -> None:
        """Extend every lease and message once. A HeldJob learns if its lease is lost.

        There are three beats in the time of a lease, so the next one repeats what fails.
        An error with one job must not affect the leases of the others.
        """
        with self._guard:
            held = dict(self._held)
        for work in held.values():
            if work is not None:
                self._extend(work)
        with self._guard:
            still = [delivery for delivery in held if delivery in self._held]
        self._queue.hold(dict.fromkeys(still, self._seconds))

    def _extend(self, work: HeldJob) -> None:
        try:
            work.saw(self._store.extend(work.job, until=self.lease_end()))
        except LeaseLost:
            work.lose()
        except Exception:  # the next beat tries again, whatever the error
            return

    def _run(self) -> None:
        while not self._stop.wait(self._seconds / 3):
            # A defect must not end this thread: every lease of the batch would lapse.
            with suppress(Exception):
                self.beat()
