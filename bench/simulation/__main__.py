"""Simulate a burst of a million questions: `make simulate`.

The rules that ship decide: ledger, bookings, lanes, and when a job goes back to its queue.
The clock, the queues, the table and the upstreams are simulated, so an hour passes in a minute.
"""

import argparse
import gc
import sys
import time
from pathlib import Path

from bench.console import integer_from, show
from bench.results_file import RESULTS
from bench.simulation.burst import Burst
from bench.simulation.picture import draw
from bench.simulation.report import report
from bench.simulation.scenario import Scenario
from bench.simulation.summary import summarize


def main(arguments: list[str] | None = None) -> None:
    """Simulate, print the report, and write simulate.md and simulate.png."""
    options = _parser().parse_args(arguments)
    scenario = Scenario(options.questions, options.callers, options.workers, options.seed)
    begun, begun_cpu = time.perf_counter(), time.process_time()
    # The simulation makes no reference cycles, and searching for them takes a quarter of the time.
    gc.disable()
    found = summarize(Burst(scenario.times(options.quotas)).run())
    gc.enable()
    seconds, cpu_seconds = time.perf_counter() - begun, time.process_time() - begun_cpu
    text = report(scenario.times(options.quotas), found)
    show(text)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "simulate.md").write_text(text, encoding="utf-8")
    draw(found, options.out / "simulate.png")
    took = f"Simulated in {seconds:.0f} s ({cpu_seconds:.0f} s of CPU time)"
    print(f"{took}; results are in {options.out}.", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    usual = Scenario()
    parser = argparse.ArgumentParser(
        prog="python -m bench.simulation",
        description="Simulate a burst of questions with the rules that ship.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    models = len(usual.models)
    add = parser.add_argument
    add("--questions", type=integer_from(100), default=usual.questions, help="of all callers")
    add("--callers", type=integer_from(models), default=usual.callers, help="number of callers")
    add(
        "--workers",
        type=integer_from(4 * models),
        default=usual.workers,
        help="number of workers, of 10 jobs each",
    )
    add("--seed", type=int, default=usual.seed, help="the same seed gives the same burst")
    add("--quotas", type=_factor, default=1.0, help="multiply all quotas by this factor")
    add("--out", type=Path, default=RESULTS, help="folder for simulate.md and simulate.png")
    return parser


def _factor(text: str) -> float:
    try:
        factor = float(text)
    except ValueError:
        factor = 0
    if not 0 < factor < float("inf"):
        raise argparse.ArgumentTypeError(f"must be a number above 0, not {text}")
    return factor


if __name__ == "__main__":
    main()
