"""The machine's clock."""

import time


class SystemClock:
    """Wall-clock time, and real waiting."""

    def time(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
