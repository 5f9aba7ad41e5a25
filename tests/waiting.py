"""Waiting for a condition, with a bound."""

import time
from collections.abc import Callable
from typing import Any


def eventually(condition: Callable[[], Any], seconds: float = 30, pause: float = 0.1) -> Any:
    """Wait until `condition()` is true and return its value; fail after `seconds`.

    `pause` is the time between two checks, in seconds.
    """
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"not within {seconds} s: {condition}"
        time.sleep(pause)
    return found
