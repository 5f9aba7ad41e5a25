"""Clock: the passing of time, handed in so that a test can set it."""

import asyncio
import time
from typing import Protocol


class Timepiece(Protocol):
    """Tells the time, in seconds."""

    def monotonic(self) -> float:
        """Seconds since some start; never goes back."""
        ...

    def time(self) -> float:
        """Seconds since 1970, UTC."""
        ...


class Clock(Timepiece, Protocol):
    """Seconds, and a way to let them pass."""

    def sleep(self, seconds: float) -> None:
        """Return that many seconds later."""
        ...


class AsyncClock(Timepiece, Protocol):
    """Seconds, and a way to let them pass while others work."""

    async def sleep(self, seconds: float) -> None:
        """Return that many seconds later."""
        ...


class _SystemTime:
    def monotonic(self) -> float:
        return time.monotonic()

    def time(self) -> float:
        return time.time()


class SystemClock(_SystemTime):
    """The machine's own clock."""

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class AsyncSystemClock(_SystemTime):
    """The machine's own clock, for code on an event loop."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Deadline:
    """A moment on a clock, `seconds` from now; None never comes."""

    def __init__(self, clock: Timepiece, seconds: float | None) -> None:
        self._clock = clock
        self._at = float("inf") if seconds is None else clock.monotonic() + seconds

    def remaining(self) -> float:
        """Seconds left, 0 when it has passed; infinite when it never comes."""
        return max(0.0, self._at - self._clock.monotonic())
