"""Standing: how far a burst is, how fast it goes and when it will end."""

from collections import deque

from sluice_client.transport.clock import Timepiece

#: Seconds over which the rate is taken: long enough for answers that come in bundles.
_WINDOW = 120.0

#: Seconds without news that mean nothing.
_PAUSE = 15.0

#: Seconds before which a rate says nothing.
_SOONEST = 5.0


class Standing:
    """Counts, as they change."""

    def __init__(self, clock: Timepiece, *, total: int, done: int, failed: int) -> None:
        self._clock = clock
        self._began = clock.monotonic()
        self._ended: deque[float] = deque()
        self.total = total
        #: Questions whose job has ended, in this run or before; and those that have no answer.
        self.done = done
        self.failed = failed
        #: Jobs at the service.
        self.open = 0
        #: When the last open job is expected to end, on the monotonic clock.
        self.expected_end = 0.0
        #: What keeps the burst from going on, in words; "" when nothing does.
        self.waits_for = ""
        #: Whether the service takes no more questions for now.
        self.is_full = False

    def ended(self, *, completed: bool) -> None:
        """Count a job that has ended."""
        self.done += 1
        self.failed += not completed
        self._ended.append(self._clock.monotonic())

    @property
    def rate(self) -> float | None:
        """Jobs that end per minute, of late; None until that can be said."""
        now = self._clock.monotonic()
        since = max(self._began, now - _WINDOW)
        while self._ended and self._ended[0] < since:
            self._ended.popleft()
        if not self._ended or now - self._began < _SOONEST:
            return None
        # Between two looks nothing can end here: that is no slowing down.
        until = max(self._ended[-1], now - _PAUSE)
        return len(self._ended) / max(until - since, _SOONEST) * 60

    @property
    def seconds_left(self) -> float | None:
        """Seconds until all have ended: by the service's forecast, else by the rate so far."""
        left = self.total - self.done
        told = self.expected_end - self._clock.monotonic()
        if left <= self.open and told > 0:
            return told
        rate = self.rate
        if rate:
            return left / rate * 60
        return told * left / self.open if self.open and told > 0 else None
