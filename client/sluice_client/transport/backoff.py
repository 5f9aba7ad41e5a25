"""Backoff: the growing, random pauses between tries that failed. The client has no other."""

import random
from dataclasses import dataclass

#: Doublings after which a pause has long been the longest; more would only overflow.
_MOST_DOUBLINGS = 32


@dataclass(frozen=True)
class Backoff:
    """Exponential backoff with jitter.

    Pause number N is at most `first * 2 ** (N - 1)` seconds, and at least `least` times as long.
    The jitter keeps clients that failed together from returning together.
    """

    #: Seconds: the first pause is at most this long.
    first: float
    #: Seconds: no pause is longer.
    longest: float = float("inf")
    #: The shortest pause, as a fraction of the longest one at that point.
    least: float = 0.0

    def pause(self, failures: int, asked: float | None = None) -> float:
        """Return the seconds to wait after `failures` (from 1) in a row.

        `asked`: seconds that the service asked for; they are added to the pause.
        """
        doublings = min(failures - 1, _MOST_DOUBLINGS)
        bound = min(self.first * 2.0**doublings, self.longest)
        jittered = random.uniform(self.least * bound, bound)  # noqa: S311 - not a secret
        return (asked or 0.0) + jittered
