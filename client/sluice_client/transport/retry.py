"""Retry: how often, and with what pauses, a failed request is sent again.

Every request is safe to retry: GETs change nothing, and a submission carries an
Idempotency-Key, so the service answers a repeated one with the same job.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from sluice_client.transport.backoff import Backoff

#: Throttled, or a gateway or service that is away for a moment. A 500 is a defect, and stays one.
RETRIED_STATUSES = frozenset({429, 502, 503, 504})


@dataclass(frozen=True)
class Retry:
    """The bounds. Whichever is reached first ends the retries, and the last failure is raised."""

    #: Requests in all, including the first.
    attempts: int = 4
    #: Seconds from the first request in which another may begin.
    budget: float = 60.0
    #: Seconds: the first pause is at most this long, and each later one at most twice the last.
    base: float = 0.25

    def pause(self, attempt: int, retry_after: float | None) -> float:
        """Return the seconds to wait after failed request number `attempt` (from 1).

        Never shorter than `retry_after`, the seconds the service asked for.
        """
        return Backoff(self.base).pause(attempt, retry_after)


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds that Retry-After asks for (RFC 9110: a number of seconds, or a date).

    `now` is in seconds since 1970. None when the header is missing or unreadable.
    """
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    if date.tzinfo is None:  # "-0000" reads as naive, and means UTC
        date = date.replace(tzinfo=UTC)
    return max(0.0, (date - datetime.fromtimestamp(now, UTC)).total_seconds())
