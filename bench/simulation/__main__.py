"""A burst of a million questions, in simulated time: `make simulate`.

The rules that ship decide: ledger, bookings, lanes and when a job is given back. The clock, the
queue, the table and the upstreams are simulated, so that more than an hour takes a minute.
"""

import argparse
import gc
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench.simulation.burst import Burst
from bench.simulation.report import draw, report
from bench.simulation.scenario import Scenario
from bench.simulation.summary import summarize

_RESULTS = Path(__file__).parents[1] / "results"


def main(arguments: list[str] | None = None) -> None:
    """Simulate, print, and write simulate.md and simulate.png."""
    options = _parser().parse_args(arguments)
    scenario = Scenario(options.questions, options.callers, options.workers, options.seed)
    begun, at_work = time.perf_counter(), time.process_time()
    # Nothing that is made here refers to itself, and looking for it takes a quarter of the time.
    gc.disable()
    found = summarize(Burst(scenario.times(options.quotas)).run())
    gc.enable()
    seconds, at_work = time.perf_counter() - begun, time.process_time() - at_work
    text = report(scenario.times(options.quotas), found)
    print(text)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "simulate.md").write_text(text, encoding="utf-8")
    draw(found, options.out / "simulate.png")
    took = f"Simulated in {seconds:.0f} s, {at_work:.0f} s of one core"
    print(f"{took}; written to {options.out}.", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    usual = Scenario()
    parser = argparse.ArgumentParser(
        prog="python -m bench.simulation",
        description="Simulate a burst of questions with the rules that ship.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    least = len(usual.models)
    add = parser.add_argument
    add("--questions", type=_at_least(100), default=usual.questions, help="in all")
    add("--callers", type=_at_least(least), default=usual.callers, help="who ask them")
    add("--workers", type=_at_least(4 * least), default=usual.workers, help="of 10 jobs each")
    add("--seed", type=int, default=usual.seed, help="the same seed gives the same burst")
    add("--quotas", type=_factor, default=1.0, help="all quotas times this")
    add("--out", type=Path, default=_RESULTS, help="folder for simulate.md and simulate.png")
    return parser


def _at_least(least: int) -> Callable[[str], int]:
    def whole(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text} is no whole number from {least} on")
        return int(text)

    return whole


def _factor(text: str) -> float:
    try:
        factor = float(text)
    except ValueError:
        factor = 0
    if not 0 < factor < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no number above 0")
    return factor


if __name__ == "__main__":
    main()
