"""The clock, as a port, so that tests can set the time."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """The wall-clock time in seconds since 1970, and a way to wait."""

    def time(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


def to_utc(epoch_seconds: float) -> datetime:
    """The same instant as an aware UTC datetime, to the millisecond."""
    return datetime.fromtimestamp(round(epoch_seconds, 3), UTC)
