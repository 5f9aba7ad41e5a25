"""An upstream's quota, enforced in each shape that it may have."""

from collections.abc import Mapping

from local.quota import Quota, Reservation

#: The reservation of one call with each quota; None where it was throttled.
Reservations = list[Reservation | None]


class Upstream:
    """Counts calls, and how many of them each of its quotas would have throttled.

    A call that one quota throttles still counts with the others.
    """

    def __init__(self, quotas: Mapping[str, Quota]) -> None:
        self._quotas = list(quotas.values())
        self.throttled = dict.fromkeys(quotas, 0)
        self.calls = 0
        self.charged = 0.0

    def begin(self, units: float) -> Reservations:
        """Begin a call that reserves `units`."""
        self.calls += 1
        held = [quota.reserve(units) for quota in self._quotas]
        if None in held:
            for name, reservation in zip(self.throttled, held, strict=True):
                self.throttled[name] += reservation is None
        return held

    def end(self, held: Reservations, charged: float) -> None:
        """End a call that is charged `charged` units."""
        self.charged += charged
        for quota, reservation in zip(self._quotas, held, strict=True):
            if reservation is not None:
                quota.settle(reservation, charged)
