"""Things that are done at their times, side by side."""

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

#: Things done at the same time.
_SIDE_BY_SIDE = 24

Task = Callable[[], object]


class Timetable:
    """Times are seconds since it was made."""

    def __init__(self, ended: threading.Event) -> None:
        """`ended` is set when it is interrupted, so that what is being done ends soon."""
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
        """Things to do and being done."""
        with self._changed:
            return len(self._due) + len(self._running)

    def at(self, seconds: float, task: Task) -> None:
        """Do it then, or at once if that is over."""
        with self._changed:
            heapq.heappush(self._due, (seconds, next(self._places), task))
            self._changed.notify_all()

    def after(self, seconds: float, task: Task) -> None:
        self.at(self.now + seconds, task)

    def run(self) -> None:
        """Do everything, until nothing is left. Raises what a task raised."""
        with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
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
        """Wait for the next thing; None if there is nothing more, or one has failed."""
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
