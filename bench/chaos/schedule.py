"""A schedule: tasks that run at set times, in parallel."""

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

#: Tasks that run at the same time.
_PARALLEL = 24

Task = Callable[[], object]


class Schedule:
    """Runs tasks. Times are in seconds since the schedule was made."""

    def __init__(self, ended: threading.Event) -> None:
        """`ended` is set when the schedule fails, so that running tasks stop early."""
        self._ended = ended
        self._begun = time.monotonic()
        self._due: list[tuple[float, int, Task]] = []
        self._running: set[Future[object]] = set()
        self._failure: BaseException | None = None
        self._changed = threading.Condition()
        self._places = itertools.count()

    @property
    def now(self) -> float:
        return time.monotonic() - self._begun

    @property
    def left(self) -> int:
        """The number of tasks that are waiting or running."""
        with self._changed:
            return len(self._due) + len(self._running)

    def at(self, seconds: float, task: Task) -> None:
        """Run a task at a time, or at once if the time has passed."""
        with self._changed:
            heapq.heappush(self._due, (seconds, next(self._places), task))
            self._changed.notify_all()

    def after(self, seconds: float, task: Task) -> None:
        """Run a task in `seconds`."""
        self.at(self.now + seconds, task)

    def run(self) -> None:
        """Run until no tasks are left. Raises what a task raised."""
        with ThreadPoolExecutor(_PARALLEL) as pool:
            try:
                while task := self._next():
                    self._begin(pool, task)
                if self._failure:
                    raise self._failure
            except BaseException:
                self._ended.set()
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _next(self) -> Task | None:
        """Wait for the next task; None if there are no more, or one has failed."""
        with self._changed:
            while (self._due or self._running) and not self._failure:
                wait = self._due[0][0] - self.now if self._due else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._due)[2]
                self._changed.wait(wait)
        return None

    def _begin(self, pool: ThreadPoolExecutor, task: Task) -> None:
        with self._changed:
            future = pool.submit(task)
            self._running.add(future)
        future.add_done_callback(self._end)

    def _end(self, future: Future[object]) -> None:
        with self._changed:
            self._running.discard(future)
            if not future.cancelled() and (error := future.exception()):
                self._failure = self._failure or error
            self._changed.notify_all()
