"""Which cases are run."""

from collections.abc import Iterator, Sequence
from itertools import product

from bench.burst.case import SLUICE, Case
from bench.burst.ours import OVERHEAD
from bench.burst.theirs import PEERS
from local.quota import Shape

BURNDOWNS = (1, 5)
#: Minutes that the quota takes for a burst: one that the first minute's quota decides, one not.
SHORT, LONG = 1.5, 5.0
#: Questions of the burst amid which somebody else asks.
_MANY = 2_000


def usual() -> list[Case]:
    """What is run unless somebody chooses: the longest first, so that they do not come last."""
    cases = [
        Case(SLUICE, LONG, Shape.ROLLING, 1, number=_MANY),
        *(Case(SLUICE, LONG, shape, times) for times, shape in product(BURNDOWNS, Shape)),
        Case(SLUICE, LONG, Shape.BUCKET, 1, told=2.0),
        Case(SLUICE, LONG, Shape.BUCKET, 1, queries_per_second=2.0),
        *(Case(SLUICE, SHORT, shape, 1) for shape in Shape),
        Case(SLUICE, SHORT, Shape.ROLLING, 5),
    ]
    compared = ((Shape.BUCKET, 1), (Shape.ROLLING, 1), (Shape.ROLLING, 5))
    return cases + [Case(peer, SHORT, *each) for each in compared for peer in PEERS]


def quick() -> list[Case]:
    """One short burst and two peers."""
    systems = [SLUICE, *list(PEERS)[:2]]
    return [Case(system, SHORT, Shape.BUCKET, 1) for system in systems]


def chosen(
    systems: Sequence[str],
    minutes: Sequence[float],
    shapes: Sequence[Shape],
    burndowns: Sequence[int],
) -> Iterator[Case]:
    """Everything that the choices allow."""
    for system, length, shape, times in product(systems, minutes, shapes, burndowns):
        yield Case(system, length, shape, times)


def seconds(case: Case) -> float:
    """What a case will take, about."""
    burst = case.minutes * 60 if not case.number else case.number * 0.33
    return burst + OVERHEAD if case.system == SLUICE else burst * 1.3 + 10
