"""A clock that a test sets."""


class ManualClock:
    """A clock whose time passes only if `now` is set or `sleep` is called."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        #: Seconds since 1970.
        self.now = now
        #: The length of each sleep so far, in seconds.
        self.slept: list[float] = []

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
