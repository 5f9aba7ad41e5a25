"""The upstreams' side of a quota, in each shape that it may have, side by side."""

from collections.abc import Mapping

from local.quota import Quota, Reservation

#: What one call holds of each quota; None where it was throttled.
Held = list[Reservation | None]


class Upstream:
    """Takes calls, and counts those that each of its quotas would have throttled.

    A call that one quota throttles goes on in the others: with none throttled, they see the same.
    """

    def __init__(self, quotas: Mapping[str, Quota]) -> None:
        self._quotas = list(quotas.values())
        self.throttled = dict.fromkeys(quotas, 0)
        self.calls = 0
        self.charged = 0.0

    def begin(self, units: float) -> Held:
        """A call that reserves so many units."""
        self.calls += 1
        held = [quota.reserve(units) for quota in self._quotas]
        if None in held:
            for name, reservation in zip(self.throttled, held, strict=True):
                self.throttled[name] += reservation is None
        return held

    def end(self, held: Held, charged: float) -> None:
        """The call has ended."""
        self.charged += charged
        for quota, reservation in zip(self._quotas, held, strict=True):
            if reservation is not None:
                quota.settle(reservation, charged)
