"""Clock: the passing of time, handed in so that a test can set it."""

import asyncio
import time
from typing import Protocol


class TimeSource(Protocol):
    """The current time, in seconds."""

    def monotonic(self) -> float:
        """Return the seconds since some fixed moment; never goes back."""
        ...

    def time(self) -> float:
        """Return the seconds since 1970, UTC."""
        ...


class Clock(TimeSource, Protocol):
    """The current time, and a way to wait."""

    def sleep(self, seconds: float) -> None:
        """Wait for `seconds`."""
        ...


class AsyncClock(TimeSource, Protocol):
    """The current time, and a way to wait on an event loop."""

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds`."""
        ...


class _SystemTime:
    def monotonic(self) -> float:
        return time.monotonic()

    def time(self) -> float:
        return time.time()


class SystemClock(_SystemTime):
    """The machine's clock."""

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class AsyncSystemClock(_SystemTime):
    """The machine's clock, for code on an event loop."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Deadline:
    """A moment on a clock, `seconds` from now. With None it never comes."""

    def __init__(self, clock: TimeSource, seconds: float | None) -> None:
        self._clock = clock
        self._at = float("inf") if seconds is None else clock.monotonic() + seconds

    def remaining(self) -> float:
        """Return the seconds left: 0 once it has passed, infinity when it never comes."""
        return max(0.0, self._at - self._clock.monotonic())
