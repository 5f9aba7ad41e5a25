"""Run a burst during failures, and check the invariants: `make bench-chaos`.

Workers and submit functions are killed; upstreams throttle, fail and cut their streams; messages
and requests are sent twice. No accepted job may be lost, change after its end, or be made twice.
Each seed runs on a stack of its own. Every result is saved as soon as it is there.
"""

import argparse
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path

from bench.chaos.plan import FAULTS, Rules
from bench.chaos.report import report, summary
from bench.chaos.result import SeedResults
from bench.chaos.run import run
from bench.console import integer_from, interrupt_on_signals, say, show
from bench.results_file import RESULTS, about_this_machine
from local.conditions import Conditions, UnreadableConditions
from local.stack import PROJECT

_EVIDENCE = PROJECT / ".sluice" / "chaos"


def main(words: Sequence[str] | None = None) -> int:
    """Run the seeds, and print and write the results; 1 if an invariant was violated."""
    parser = _parser()
    options = parser.parse_args(words)
    rules = Rules(
        jobs=options.jobs,
        span=options.span,
        worker_kills=options.kills,
        faults=options.faults,
        kill_starting=options.kill_starting,
    )
    try:
        Conditions.read("", f"{rules.faults} seed=0")
        options.output.mkdir(parents=True, exist_ok=True)
    except (UnreadableConditions, OSError) as error:
        parser.error(str(error))
    about = {**about_this_machine(), "ministack": version("ministack"), "rules": asdict(rules)}
    results = SeedResults(options.output / "chaos.json", about)
    try:
        _run(options, rules, results)
    except KeyboardInterrupt:
        say("Interrupted. Everything that was started has been stopped.")
        return 130
    finally:
        _write(results)
    return int(not all(each.is_good for each in results.found))


def _run(options: argparse.Namespace, rules: Rules, results: SeedResults) -> None:
    cases = [(seed, lease) for lease in options.lease for seed in options.seeds]
    for number, (seed, lease) in enumerate(cases, 1):
        name = f"[{number}/{len(cases)}] seed {seed}, lease {lease} s"

        def say_of_seed(text: str, name: str = name) -> None:
            say(f"{name}: {text}")

        say_of_seed("starting")
        result = run(seed, replace(rules, lease_seconds=lease), say_of_seed, _EVIDENCE)
        say_of_seed(summary(result))
        if not result.is_good:
            say_of_seed(f"the history of the jobs found is in {os.path.relpath(_EVIDENCE)}")
        results.add(result)


def _write(results: SeedResults) -> None:
    """Print the report and write it."""
    if results.found:
        text = report(results)
        show(text)
        results.path.with_suffix(".md").write_text(text, encoding="utf-8")
        say(f"Results are in {os.path.relpath(results.path.parent)}: chaos.md, chaos.json")


def _parser() -> argparse.ArgumentParser:
    default = Rules()
    parser = argparse.ArgumentParser(
        prog="python -m bench.chaos",
        description="Run a burst during failures, and check that no job is lost or changed.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add(
        "--seeds",
        "--seed",
        type=_integers,
        default="1-10",
        metavar="N",
        help="seeds to run one after another, such as 7 or 1-10",
    )
    add(
        "--jobs",
        type=integer_from(1),
        default=default.jobs,
        metavar="N",
        help="questions of each seed",
    )
    add(
        "--lease",
        type=_integers,
        default=f"{default.lease_seconds}",
        metavar="N",
        help="LeaseSeconds; 30,5 runs all seeds with both",
    )
    add(
        "--span",
        type=integer_from(1),
        default=default.span,
        metavar="N",
        help="seconds in which questions are submitted and processes killed",
    )
    add(
        "--kills",
        type=integer_from(1),
        default=default.worker_kills,
        metavar="N",
        help="how often workers are killed",
    )
    add(
        "--kill-starting",
        action="store_true",
        help="also kill workers that are still starting: a seed takes five minutes longer",
    )
    add("--faults", default=FAULTS, help="faults of the upstreams, as FAULTS of `make run`")
    add("--output", type=Path, default=RESULTS, help="folder for the results")
    return parser


def _integers(text: str) -> list[int]:
    """The integers in a text such as 3, 1-10 or 30,5."""
    found: list[int] = []
    for word in text.split(","):
        match = re.fullmatch(r"(\d{1,9})(?:-(\d{1,9}))?", word.strip())
        if not match:
            raise argparse.ArgumentTypeError(f"must be such as 3, 1-10 or 30,5, not {text}")
        first = int(match[1])
        found += range(first, int(match[2] or first) + 1)
    return found


if __name__ == "__main__":
    interrupt_on_signals()
    sys.exit(main())
