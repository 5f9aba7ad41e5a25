"""Time, behind a seam, so that tests can set it."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Wall-clock time in seconds since 1970, and waiting."""

    def time(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


def to_utc(epoch_seconds: float) -> datetime:
    """The same instant as an aware UTC datetime, to the millisecond."""
    return datetime.fromtimestamp(round(epoch_seconds, 3), UTC)
