"""The lane counters in memory."""

from sluice.job.job import Lane
from sluice.ports import LaneState

#: Seconds over which the rate of a lane is measured, and after which an idle lane has none.
_MEASURED = 120


class MemoryLaneCounters:
    """Lane counters in dictionaries. `rate`, if given, overrides the measured rate."""

    def __init__(self, rate: float | None = None) -> None:
        self.rate = rate
        #: The last queue number taken.
        self.numbers: dict[Lane, int] = {}
        #: The highest queue number started.
        self.heads: dict[Lane, int] = {}
        #: When each head was reached.
        self._times: dict[Lane, list[tuple[float, int]]] = {}

    def take_numbers(self, lane: Lane, count: int) -> int:
        self.numbers[lane] = self.numbers.get(lane, 0) + count
        return self.numbers[lane] - count + 1

    def begin(self, lane: Lane, queue_number: int, now: float) -> None:
        if queue_number > self.heads.get(lane, 0):
            self.heads[lane] = queue_number
            self._times.setdefault(lane, []).append((now, queue_number))

    def state(self, lane: Lane, now: float) -> LaneState:
        return LaneState(self.heads.get(lane, 0), self.rate or self._measured(lane, now))

    def _measured(self, lane: Lane, now: float) -> float | None:
        times = self._times.get(lane, [])
        if not times or now - times[-1][0] > _MEASURED:
            return None
        recent = [times[-1]]
        for at, head in reversed(times[:-1]):
            is_pause = recent[-1][0] - at > _MEASURED
            if is_pause or times[-1][0] - at > _MEASURED:
                break
            recent.append((at, head))
        (last_at, last), (first_at, first) = recent[0], recent[-1]
        return (last - first) / (last_at - first_at) if last_at - first_at >= 1 else None
