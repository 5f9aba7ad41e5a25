"""The threads that post to watchers, shared by all jobs of one worker."""

import heapq
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from typing import Protocol

#: The numbers of threads. They mostly wait for the network.
_QUICK, _SLOW = 32, 8

Call = Callable[[], None]


class Posts(Protocol):
    """Runs calls in other threads, now or later. Calls must not raise errors."""

    def now(self) -> float:
        """The time of a monotonic clock, in seconds."""

    def submit(self, call: Call, *, slow: bool) -> None:
        """Run the call as soon as a thread is free. Slow calls delay only each other."""

    def later(self, seconds: float, call: Call) -> None:
        """Run the call, which must be short, after `seconds`."""


class ThreadedPosts:
    """Posts with two pools of threads, and one more thread as the timer."""

    def __init__(self, quick: int = _QUICK, slow: int = _SLOW) -> None:
        """`quick` and `slow` are the numbers of threads for quick and for slow calls."""
        self._quick = ThreadPoolExecutor(quick, thread_name_prefix="post")
        self._slow = ThreadPoolExecutor(slow, thread_name_prefix="slow-post")
        #: A heap of (time, order of arrival, call).
        self._later: list[tuple[float, int, Call]] = []
        self._order = count()
        self._changed = threading.Condition()
        self._timer: threading.Thread | None = None

    def now(self) -> float:
        return time.monotonic()

    def submit(self, call: Call, *, slow: bool) -> None:
        (self._slow if slow else self._quick).submit(call)

    def later(self, seconds: float, call: Call) -> None:
        with self._changed:
            heapq.heappush(self._later, (self.now() + seconds, next(self._order), call))
            if self._timer is None:
                timer = threading.Thread(target=self._run, name="post-timer", daemon=True)
                timer.start()
                self._timer = timer
            self._changed.notify()

    def _run(self) -> None:
        while True:
            call = self._next()
            with suppress(Exception):  # one job's trouble must not end the others' timer
                call()

    def _next(self) -> Call:
        with self._changed:
            while not self._later or self._later[0][0] > self.now():
                wait = self._later[0][0] - self.now() if self._later else None
                self._changed.wait(wait)
            return heapq.heappop(self._later)[2]
