"""Leases: a worker's timed, exclusive right to a job, and its hold on the job's message.

Both run for the same short time, so a killed worker's job is picked up when they lapse and not
when the queue's own visibility timeout does. A LeaseKeeper extends them from a thread of its own,
because a thread that waits for a model's first word cannot.
"""

import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

from sluice.clock import Clock
from sluice.errors import CancelRequested, LeaseLost, OutOfTime, QueueRefused
from sluice.job.job import Job
from sluice.ports import Delivery, JobStore, Queue


class HeldJob:
    """A leased job at work. `check` tells the thread at work whether it still is."""

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
        """The job item was seen: its caller may want it no more."""
        if stored.cancel_requested:
            self._cancelled.set()

    def check(self) -> None:
        """Raises LeaseLost, CancelRequested, or OutOfTime when the function is about to end."""
        if self._lost.is_set():
            raise LeaseLost("Another worker has taken the job over.")
        if self._cancelled.is_set():
            raise CancelRequested
        if self._clock.time() >= self.deadline:
            raise OutOfTime("The function's time ended before the answer did.")


class LeaseKeeper:
    """Extends the leases and messages of one batch until each is done."""

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
        """Hold these messages, whose jobs are not leased yet.

        Where that fails they are invisible for longer, and the next beat tries again.
        """
        with self._guard:
            self._held.update(dict.fromkeys(deliveries))
        with suppress(QueueRefused):
            self._queue.hold(dict.fromkeys(deliveries, self._seconds))

    def lease_end(self) -> float:
        """The end of a lease that begins or is extended now."""
        return self._clock.time() + self._seconds

    def keep(self, delivery: Delivery, held: HeldJob) -> None:
        """From now on extend this job's lease too."""
        with self._guard:
            self._held[delivery] = held

    def done(self, delivery: Delivery) -> None:
        """Hold only the message: it is acknowledged with all others of the batch."""
        with self._guard:
            self._held[delivery] = None

    def release(self, delivery: Delivery) -> None:
        """Extend nothing of this delivery any more."""
        with self._guard:
            self._held.pop(delivery, None)

    def beat(self) -> None:
        """Extend everything held once. A lost lease is told to its holder.

        What fails is left for the next beat: there are three to a lease. One job's trouble must
        not cost the others theirs.
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
        except Exception:  # whatever it is, the next beat tries again
            return

    def _run(self) -> None:
        while not self._stop.wait(self._seconds / 3):
            # A defect must not end this thread: every lease of the batch would lapse.
            with suppress(Exception):
                self.beat()
