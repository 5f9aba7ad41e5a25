"""The clock of the machine."""

import time


class SystemClock:
    """The wall-clock time. `sleep` really waits."""

    def time(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
