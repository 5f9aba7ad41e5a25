"""Patience: how long a burst goes on while requests fail, and with what pauses."""

import random

from sluice_client.api.errors import Refused, ServiceFailed, SluiceError, Unreachable
from sluice_client.transport.clock import Timepiece

#: Seconds of nothing but failures after which a burst gives up: while the address may be wrong,
#: and once the service was seen there.
_AT_FIRST, _LATER = 60.0, 3_600.0

#: Seconds: the longest first pause, and the longest of all; each is up to twice the one before.
_BASE, _LONGEST = 1.0, 60.0


class Patience:
    """Counts failures in a row. `known`: the service was seen in a run before."""

    def __init__(self, clock: Timepiece, *, known: bool = False) -> None:
        self._clock = clock
        self._until = clock.monotonic() + (_LATER if known else _AT_FIRST)
        self._failures = 0

    def restored(self) -> None:
        """Take note of an answer."""
        self._failures = 0
        self._until = self._clock.monotonic() + _LATER

    def pause(self, error: SluiceError) -> float:
        """Return the seconds to wait after a failure. Raises it when waiting cannot help."""
        now = self._clock.monotonic()
        if isinstance(error, Refused) and error.status == 429:
            self._until = now + _LATER  # it is there, and asks for time
        elif not isinstance(error, Unreachable | ServiceFailed) or now >= self._until:
            raise error
        asked = error.retry_after if isinstance(error, Refused | ServiceFailed) else None
        longest = min(_LONGEST, _BASE * 2 ** min(self._failures, 10))
        self._failures += 1
        return (asked or 0) + random.uniform(longest / 2, longest)  # noqa: S311 - no secret
