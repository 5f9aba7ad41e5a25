"""Counts the tokens that calls of one model reserve and are charged."""

from bisect import bisect_left
from collections import Counter

from local.quota import MINUTE, Clock

#: Charges are kept per tenth of a second: at most 36,000 numbers for an hour.
_STEPS = 10


class TokenMeter:
    """Sums since the start or the last reset, and the time of each charge.

    A charge has the time of its reservation.
    What exceeds the reservation has the time at which the call ended.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_step: Counter[int] = Counter()
        self.reserved = 0
        self.charged = 0
        self.given_back = 0
        self.input_tokens = 0
        self.output_tokens = 0

    def reserve(self, tokens: int) -> float:
        """Count a reservation; return its time."""
        now = self._clock()
        self.reserved += tokens
        self._by_step[_step(now)] += tokens
        return now

    def settle(self, at: float, reserved: int, charged: int) -> None:
        """Count the charge for what was reserved at the time `at`."""
        self.charged += charged
        back = reserved - charged
        self.given_back += max(0, back)
        self._by_step[_step(at if back > 0 else self._clock())] -= back

    def largest_minute(self) -> int:
        """Return the most tokens charged in any 60 seconds, to a tenth of a second.

        A call that has not ended counts with its reservation.
        """
        steps = sorted(self._by_step)
        sums = [0]
        for step in steps:
            sums.append(sums[-1] + self._by_step[step])
        width = int(MINUTE * _STEPS)
        return max(
            (
                sums[bisect_left(steps, first + width)] - sums[place]
                for place, first in enumerate(steps)
            ),
            default=0,
        )

    def as_dict(self) -> dict[str, int]:
        """Return the sums, ready for JSON."""
        return {
            "tokens_reserved": self.reserved,
            "tokens_charged": self.charged,
            "tokens_given_back": self.given_back,
            "largest_minute": self.largest_minute(),
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
        }


def _step(moment: float) -> int:
    return int(moment * _STEPS)
