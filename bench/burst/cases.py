"""The cases that are run."""

from collections.abc import Iterator, Sequence
from itertools import product

from bench.burst.case import SLUICE, Case
from bench.burst.peer_run import PEERS
from bench.burst.sluice_run import OVERHEAD
from local.quota import Shape

BURNDOWNS = (1, 5)
#: Minutes of ideal drain: a short burst, decided by the first minute's quota, and a long one.
SHORT, LONG = 1.5, 5.0
#: Questions of the largest burst.
_MANY = 2_000


def default_cases() -> list[Case]:
    """The cases without any options: the longest first, so that none of them ends the run."""
    cases = [
        Case(SLUICE, LONG, Shape.ROLLING, 1, number=_MANY),
        *(Case(SLUICE, LONG, shape, burndown) for burndown, shape in product(BURNDOWNS, Shape)),
        Case(SLUICE, LONG, Shape.BUCKET, 1, quota_factor=2.0),
        Case(SLUICE, LONG, Shape.BUCKET, 1, queries_per_second=2.0),
        *(Case(SLUICE, SHORT, shape, 1) for shape in Shape),
        Case(SLUICE, SHORT, Shape.ROLLING, 5),
    ]
    compared = ((Shape.BUCKET, 1), (Shape.ROLLING, 1), (Shape.ROLLING, 5))
    return cases + [Case(peer, SHORT, *each) for each in compared for peer in PEERS]


def quick_cases() -> list[Case]:
    """One short burst, for Sluice and two peers."""
    systems = [SLUICE, *list(PEERS)[:2]]
    return [Case(system, SHORT, Shape.BUCKET, 1) for system in systems]


def combinations(
    systems: Sequence[str],
    minutes: Sequence[float],
    shapes: Sequence[Shape],
    burndowns: Sequence[int],
) -> Iterator[Case]:
    """A case for every combination of the options."""
    for system, length, shape, burndown in product(systems, minutes, shapes, burndowns):
        yield Case(system, length, shape, burndown)


def estimated_seconds(case: Case) -> float:
    """About how long a case takes to run."""
    burst = case.minutes * 60 if not case.number else case.number * 0.33
    return burst + OVERHEAD if case.system == SLUICE else burst * 1.3 + 10
