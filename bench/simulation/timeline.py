"""Simulated time: events happen in order, without any waiting."""

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

#: When the simulation begins, in seconds since 1970.
BEGIN = 1_800_000_000.0


class Timeline:
    """The events ahead. Those at the same time happen in the order in which they were added."""

    def __init__(self) -> None:
        self.now = BEGIN
        self._ahead: list[tuple[float, int, Callable[[Any], None], Any]] = []
        self._count = 0

    def put(self, at: float, do: Callable[[Any], None], what: Any = None) -> None:
        """Call `do(what)` at the time `at`."""
        self._count += 1
        heappush(self._ahead, (at, self._count, do, what))

    def run(self) -> None:
        """Run until no events are left."""
        ahead = self._ahead
        while ahead:
            self.now, _, do, what = heappop(ahead)
            do(what)

    def time(self) -> float:
        return self.now
