"""FailureBudget: how long a burst continues while requests fail, and with what pauses."""

from sluice_client.api.errors import Refused, ServiceFailed, SluiceError, Unreachable
from sluice_client.transport.backoff import Backoff
from sluice_client.transport.clock import TimeSource

#: Seconds of failures without a success after which a burst gives up: at first, when the address
#: may be wrong, and once the service has responded.
_AT_FIRST, _LATER = 60.0, 3_600.0

_BACKOFF = Backoff(first=1.0, longest=60.0, least=0.5)


class FailureBudget:
    """Counts failures in a row. `is_known`: the service has responded in an earlier run."""

    def __init__(self, clock: TimeSource, *, is_known: bool = False) -> None:
        self._clock = clock
        self._until = clock.monotonic() + (_LATER if is_known else _AT_FIRST)
        self._failures = 0

    def succeeded(self) -> None:
        """Record a response."""
        self._failures = 0
        self._until = self._clock.monotonic() + _LATER

    def pause(self, error: SluiceError) -> float:
        """Return the seconds to wait after a failure. Raises `error` when waiting cannot help."""
        now = self._clock.monotonic()
        if isinstance(error, Refused) and error.status == 429:
            self._until = now + _LATER  # the service is there, and asks for time
        elif not isinstance(error, Unreachable | ServiceFailed) or now >= self._until:
            raise error
        asked = error.retry_after if isinstance(error, Refused | ServiceFailed) else None
        self._failures += 1
        return _BACKOFF.pause(self._failures, asked)
