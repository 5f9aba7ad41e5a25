"""The targets, and whether the results meet them."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from bench.burst.case import SLUICE
from bench.burst.result import BurstResult
from bench.report import target
from local.quota import Shape

#: Share of calls throttled; drain of long and of short bursts as a multiple of the ideal; receives
#: of a job's message; time of a single question during a burst as a multiple of that without.
_THROTTLED, _LONG, _SHORT, _RECEIVES, _SLOWDOWN = 0.001, 1.05, 0.8, 2.0, 2.0
#: The same when the service is configured with twice the real quota.
_THROTTLED_MISCONFIGURED, _DRAIN_MISCONFIGURED = 0.03, 1.25
#: Sluice is compared with the peers that have a smaller share of calls throttled.
_CAREFUL = 0.01
#: A burst of at least this many minutes is long.
_LONG_MINUTES = 4


def targets(found: Sequence[BurstResult]) -> list[str]:
    """Each target that the results say something about, with the worst value.

    Results without calls were not measured, so they are left out; the tables list them.
    """
    found = [each for each in found if each.calls]
    sluice = [each for each in found if each.case.system == SLUICE]
    configured = [each for each in sluice if each.case.quota_factor == 1]
    misconfigured = [each for each in sluice if each.case.quota_factor != 1]
    long = [each for each in configured if each.case.minutes >= _LONG_MINUTES]
    short = [each for each in configured if each not in long and each.case.burndown == 1]
    lines = [
        _worst("no question fails", sluice, _failed, 0, ".0f"),
        _worst("at most 0.1 % of calls throttled", configured, _percent, 100 * _THROTTLED, ".2f"),
        _worst(f"long bursts drain within {_LONG} x ideal", long, _drain, _LONG, ".3f"),
        _worst(f"short bursts at x1 drain within {_SHORT} x ideal", short, _drain, _SHORT, ".3f"),
        _worst(f"at most {_RECEIVES:.0f} receives per job", sluice, _receives, _RECEIVES, ".2f"),
        _worst(
            f"the median single question takes at most {_SLOWDOWN:.0f} x as long during a burst",
            sluice,
            _slowdown,
            _SLOWDOWN,
            ".2f",
        ),
        _worst(
            "configured with twice the quota: at most 3 % of calls throttled",
            misconfigured,
            _percent,
            100 * _THROTTLED_MISCONFIGURED,
            ".2f",
        ),
        _worst(
            f"configured with twice the quota: drains within {_DRAIN_MISCONFIGURED} x ideal",
            misconfigured,
            _drain,
            _DRAIN_MISCONFIGURED,
            ".3f",
        ),
    ]
    return [line for line in lines if line] + list(_comparisons(found))


def _worst(
    text: str,
    results: Iterable[BurstResult],
    value: Callable[[BurstResult], float | None],
    most: float,
    shown: str,
) -> str:
    found = [number for each in results if (number := value(each)) is not None]
    if not found:
        return ""
    worst = max(found)
    formatted = format(worst, shown) if math.isfinite(worst) else "not drained"
    of = f", the worst of {len(found)}" if len(found) > 1 else ""
    return target(worst <= most, f"{text} ({formatted}{of})")


def _comparisons(found: Sequence[BurstResult]) -> Iterator[str]:
    """Compare Sluice with careful peers: burst by burst, then with the shape unknown.

    The shape of a real quota is not known, and a peer may be fast under one shape and throttled
    under another. So the second comparison takes each system's worst result over the shapes.
    """
    bursts: dict[str, list[BurstResult]] = defaultdict(list)
    loads: dict[str, list[BurstResult]] = defaultdict(list)
    for each in found:
        bursts[each.case.burst].append(each)
        loads[each.case.load].append(each)
    for burst, results in bursts.items():
        yield from _comparison(burst, {each.case.shape for each in results}, results)
    for load, results in loads.items():
        shapes = {each.case.shape for each in results if each.case.system != SLUICE}
        if len(shapes) > 1:
            compared = [each for each in results if each.case.shape in shapes]
            yield from _comparison(f"{load}, shape unknown", shapes, compared)


def _comparison(name: str, shapes: set[Shape], results: Sequence[BurstResult]) -> Iterator[str]:
    """Compare Sluice's worst drain with the fastest peer that is careful in all `shapes`."""
    by_system: dict[str, list[BurstResult]] = defaultdict(list)
    for each in results:
        by_system[each.case.system].append(each)
    if SLUICE not in by_system or len(by_system) == 1:
        return
    drains = {
        system: max(each.drain for each in those)
        for system, those in by_system.items()
        if system == SLUICE
        or ({each.case.shape for each in those} == shapes and all(map(_is_careful, those)))
    }
    sluice = drains.pop(SLUICE)
    fastest = min(drains, key=lambda system: drains[system], default="")
    peer = f"{fastest}: {drains[fastest]:.2f}" if fastest else "no such peer"
    yield target(
        not fastest or sluice < drains[fastest],
        f"{name}: faster than every careful peer ({sluice:.2f} x ideal; {peer})",
    )


def _is_careful(result: BurstResult) -> bool:
    answered = result.completed == result.case.questions
    return answered and result.throttled_share < _CAREFUL


def _failed(result: BurstResult) -> float:
    """Questions without an answer, including those that did not end."""
    return result.case.questions - result.completed


def _percent(result: BurstResult) -> float:
    return 100 * result.throttled_share


def _drain(result: BurstResult) -> float:
    return result.drain


def _receives(result: BurstResult) -> float | None:
    return result.receives


def _slowdown(result: BurstResult) -> float | None:
    return result.slowdown[0] if result.slowdown else None
