"""A quick start: import this before anything else, and call `started` when all is made.

What a function makes while it starts lives as long as its environment, so collecting garbage in
between is in vain; it took 7 % of a cold start (bench/coldstart.py).
"""

import gc

gc.disable()


def started() -> None:
    """From here on garbage is collected, but what has been made so far is not looked at again."""
    gc.freeze()
    gc.enable()
