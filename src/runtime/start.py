"""Switches garbage collection off during a cold start.

Import this module before all others, and call `started` at the end of the start.
What a function creates while it starts lives as long as its environment.
So a collection during the start frees nothing, and it took 7 % of a cold start
(bench/coldstart.py).
"""

import gc

gc.disable()


def started() -> None:
    """Switch garbage collection on again, for objects that are created from now on."""
    gc.freeze()
    gc.enable()
