"""BurstProgress: how many questions are done, how fast it goes, and when it will end."""

from collections import deque

from sluice_client.transport.clock import TimeSource

#: Seconds over which the rate is measured: long enough for answers that come in batches.
_WINDOW = 120.0

#: Seconds without an answer that do not lower the rate.
_GAP = 15.0

#: Seconds before which there is no rate.
_SOONEST = 5.0


class BurstProgress:
    """The counts of a run, updated as it proceeds."""

    def __init__(self, clock: TimeSource, *, total: int, done: int, failed: int) -> None:
        self._clock = clock
        self._began = clock.monotonic()
        self._ended: deque[float] = deque()
        self.total = total
        #: Questions whose job has ended, in this run or before; `failed` of them have no answer.
        self.done = done
        self.failed = failed
        #: Jobs at the service.
        self.open = 0
        #: When the last open job is expected to end, on the monotonic clock.
        self.expected_end = 0.0
        #: The error that the burst is waiting out; "" when there is none.
        self.waits_for = ""
        #: Whether the service accepts no more questions for now.
        self.is_full = False

    def ended(self, *, completed: bool) -> None:
        """Count a job that has ended."""
        self.done += 1
        self.failed += not completed
        self._ended.append(self._clock.monotonic())

    @property
    def rate(self) -> float | None:
        """Jobs that ended per minute, recently; None until it is known."""
        now = self._clock.monotonic()
        since = max(self._began, now - _WINDOW)
        while self._ended and self._ended[0] < since:
            self._ended.popleft()
        if not self._ended or now - self._began < _SOONEST:
            return None
        # No job can end here between two polls, which does not mean that it became slower.
        until = max(self._ended[-1], now - _GAP)
        return len(self._ended) / max(until - since, _SOONEST) * 60

    @property
    def seconds_left(self) -> float | None:
        """Seconds until all have ended, by the service's forecast, or else by the rate."""
        left = self.total - self.done
        forecast = self.expected_end - self._clock.monotonic()
        if left <= self.open and forecast > 0:
            return forecast
        rate = self.rate
        if rate:
            return left / rate * 60
        return forecast * left / self.open if self.open and forecast > 0 else None
