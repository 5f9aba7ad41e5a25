"""The tokens of one model as its account books them."""

from bisect import bisect_left
from collections import Counter

from local.quota import MINUTE, Clock

#: Charges are kept by the tenth of a second: an hour's come to 36,000 numbers at most.
_STEPS = 10


class Spending:
    """Sums since the start or a reset, and when each charge counted.

    A charge counts when its tokens were reserved; what exceeds the reservation, when it is known.
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
        """Count a reservation; returns when it was."""
        now = self._clock()
        self.reserved += tokens
        self._by_step[_step(now)] += tokens
        return now

    def settle(self, at: float, reserved: int, charged: int) -> None:
        """Count the charge that came of what was reserved at `at`."""
        self.charged += charged
        back = reserved - charged
        self.given_back += max(0, back)
        self._by_step[_step(at if back > 0 else self._clock())] -= back

    def largest_minute(self) -> int:
        """Return the most that counts in any 60 seconds, to a tenth of a second.

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
        """Return the sums as JSON can hold them."""
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
