"""The aims, and whether they are met."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from bench.burst.case import SLUICE
from bench.burst.outcome import Outcome
from local.quota import Shape

#: Share of calls throttled; drain in times of the ideal, of a long burst and of one whose first
#: minute decides; deliveries of a job; a question amid a burst, in times of one without.
_THROTTLED, _LONG, _SHORT, _RECEIVES, _SLOWER = 0.001, 1.05, 0.8, 2.0, 2.0
#: The same when the service was told twice the quota.
_THROTTLED_MISLED, _DRAIN_MISLED = 0.03, 1.25
#: A peer that throttles less is one to be faster than.
_CAREFUL = 0.01
#: Minutes from which on a burst is long.
_LONG_MINUTES = 4


def verdicts(found: Sequence[Outcome]) -> list[str]:
    """Each aim that these outcomes bear on: met or missed, with the worst number.

    What could not be measured bears on none; the tables say so.
    """
    found = [each for each in found if each.calls]
    ours = [each for each in found if each.case.system == SLUICE]
    straight = [each for each in ours if each.case.told == 1]
    misled = [each for each in ours if each.case.told != 1]
    long = [each for each in straight if each.case.minutes >= _LONG_MINUTES]
    short = [each for each in straight if each not in long and each.case.burndown == 1]
    lines = [
        _worst("no question fails", ours, lambda each: _failed(each), 0, ".0f"),
        _worst("throttled calls at most 0.1 %", straight, _percent, 100 * _THROTTLED, ".2f"),
        _worst(f"long bursts drain within {_LONG} x ideal", long, _drain, _LONG, ".3f"),
        _worst(f"short ones at x1 within {_SHORT} x ideal", short, _drain, _SHORT, ".3f"),
        _worst(f"receives per job <= {_RECEIVES:.0f}", ours, _receives, _RECEIVES, ".2f"),
        _worst(
            f"a question amid a burst within {_SLOWER:.0f} x, by medians",
            ours,
            _slower,
            _SLOWER,
            ".2f",
        ),
        _worst(
            "told twice the quota: throttled at most 3 %",
            misled,
            _percent,
            100 * _THROTTLED_MISLED,
            ".2f",
        ),
        _worst(
            f"told twice the quota: drain within {_DRAIN_MISLED} x ideal",
            misled,
            _drain,
            _DRAIN_MISLED,
            ".3f",
        ),
    ]
    return [line for line in lines if line] + list(_races(found))


def _worst(
    aim: str,
    outcomes: Iterable[Outcome],
    value: Callable[[Outcome], float | None],
    most: float,
    shown: str,
) -> str:
    found = [number for each in outcomes if (number := value(each)) is not None]
    if not found:
        return ""
    worst = max(found)
    told = format(worst, shown) if math.isfinite(worst) else "not drained"
    of = f", the worst of {len(found)}" if len(found) > 1 else ""
    return f"- {'Met' if worst <= most else 'Missed'}: {aim} ({told}{of})."


def _races(found: Sequence[Outcome]) -> Iterator[str]:
    """Against the peers that throttle little, burst by burst; then whatever the shape.

    A peer that is quick under one shape and throttled under another is no choice for a quota
    whose shape is not known: there each system counts with its worst.
    """
    bursts: dict[str, list[Outcome]] = defaultdict(list)
    anyhow: dict[str, list[Outcome]] = defaultdict(list)
    for each in found:
        bursts[each.case.burst].append(each)
        anyhow[each.case.load].append(each)
    for burst, outcomes in bursts.items():
        yield from _race(burst, {each.case.shape for each in outcomes}, outcomes)
    for load, outcomes in anyhow.items():
        shapes = {each.case.shape for each in outcomes if each.case.system != SLUICE}
        if len(shapes) > 1:
            of_them = [each for each in outcomes if each.case.shape in shapes]
            yield from _race(f"{load}, whatever the shape", shapes, of_them)


def _race(name: str, shapes: set[Shape], outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Sluice's worst drain beside that of the quickest peer that is careful in all `shapes`."""
    by_system: dict[str, list[Outcome]] = defaultdict(list)
    for each in outcomes:
        by_system[each.case.system].append(each)
    if SLUICE not in by_system or len(by_system) == 1:
        return
    drains = {
        system: max(each.drain for each in those)
        for system, those in by_system.items()
        if system == SLUICE
        or ({each.case.shape for each in those} == shapes and all(map(_is_careful, those)))
    }
    ours = drains.pop(SLUICE)
    rival = min(drains, key=lambda system: drains[system], default="")
    met = not rival or ours < drains[rival]
    told = f"{rival} {drains[rival]:.2f}" if rival else "there is none"
    yield (
        f"- {'Met' if met else 'Missed'}: faster than each peer that throttles < 1 % and fails"
        f" nothing, {name} ({ours:.2f} x ideal; {told})."
    )


def _is_careful(outcome: Outcome) -> bool:
    answered = outcome.completed == outcome.case.questions
    return answered and outcome.throttled_share < _CAREFUL


def _failed(outcome: Outcome) -> float:
    """Those that did not come to an end count too."""
    return outcome.case.questions - outcome.completed


def _percent(outcome: Outcome) -> float:
    return 100 * outcome.throttled_share


def _drain(outcome: Outcome) -> float:
    return outcome.drain


def _receives(outcome: Outcome) -> float | None:
    return outcome.receives


def _slower(outcome: Outcome) -> float | None:
    return outcome.slower_amid[0] if outcome.slower_amid else None
