"""A burst while everything goes wrong: `make bench-chaos`.

Workers and submit functions are killed, upstreams throttle, fail and cut their streams, messages
and requests come twice; nothing may be lost, change once it has ended, or happen twice. Each seed
runs on a stack of its own. Results are kept as they come.
"""

import argparse
import os
import platform
import re
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from types import FrameType
from typing import Any

from bench.chaos.outcome import Outcomes
from bench.chaos.plan import FAULTS, Rules
from bench.chaos.report import report, told
from bench.chaos.run import run
from local.conditions import Conditions, UnreadableConditions
from local.stack import PROJECT

_RESULTS = PROJECT / "bench" / "results"
_EVIDENCE = PROJECT / ".sluice" / "chaos"


def main(words: Sequence[str] | None = None) -> int:
    """Run the seeds, print and write the results; 1 if anything was lost, changed or doubled."""
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
    kept = Outcomes(options.output / "chaos.json", _about(rules))
    try:
        _run(options, rules, kept)
    except KeyboardInterrupt:
        _say("Stopped, and everything that was started with it.")
        return 130
    finally:
        _write(kept)
    return int(not all(each.is_good for each in kept.found))


def _run(options: argparse.Namespace, rules: Rules, kept: Outcomes) -> None:
    cases = [(seed, lease) for lease in options.lease for seed in options.seeds]
    for place, (seed, lease) in enumerate(cases, 1):
        name = f"[{place}/{len(cases)}] seed {seed}, lease {lease} s"
        _say(f"{name}: starting")

        def say(words: str, name: str = name) -> None:
            _say(f"{name}: {words}")

        outcome = run(seed, replace(rules, lease_seconds=lease), say, _EVIDENCE)
        say(told(outcome))
        if not outcome.is_good:
            say(f"the history of what is wrong is in {os.path.relpath(_EVIDENCE)}")
        kept.add(outcome)


def _about(rules: Rules) -> dict[str, object]:
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "ministack": version("ministack"),
        "rules": asdict(rules),
    }


def _write(kept: Outcomes) -> None:
    if kept.found:
        text = report(kept)
        print(f"\n{text}")
        kept.path.with_suffix(".md").write_text(text, encoding="utf-8")
        _say(f"Kept in {os.path.relpath(kept.path.parent)}: chaos.md, chaos.json")


def _say(line: str) -> None:
    print(f"{time.strftime('%X')} {line}", file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    usual = Rules()
    parser = argparse.ArgumentParser(prog="bench.chaos", description=__doc__.partition("\n")[0])

    def add(name: str, kind: Any, default: Any, words: str, *others: str) -> None:
        parser.add_argument(name, *others, type=kind, default=default, help=words, metavar="N")

    add("--seeds", _numbers, "1-10", "such as 7, or 1-10, one after the other (1-10)", "--seed")
    add("--jobs", _number, usual.jobs, f"questions of each seed ({usual.jobs})")
    add(
        "--lease",
        _numbers,
        f"{usual.lease_seconds}",
        "LeaseSeconds; 30,5 runs all seeds twice (30)",
    )
    add("--span", _number, usual.span, f"seconds of submitting and killing ({usual.span:.0f})")
    add("--kills", _number, usual.worker_kills, f"of workers ({usual.worker_kills})")
    words = "kill workers that have only begun to start, too: then a seed takes five minutes more"
    parser.add_argument("--kill-starting", action="store_true", help=words)
    words = "what the upstreams do wrong, as FAULTS of `make run`"
    parser.add_argument("--faults", default=FAULTS, help=words)
    words = "the folder of the results (bench/results)"
    parser.add_argument("--output", type=Path, default=_RESULTS, help=words)
    return parser


def _numbers(text: str) -> list[int]:
    """Such as 3, 1-10, 30,5."""
    found: list[int] = []
    for word in text.split(","):
        match = re.fullmatch(r"(\d{1,9})(?:-(\d{1,9}))?", word.strip())
        if not match:
            raise argparse.ArgumentTypeError(f"{text} is not numbers such as 3, 1-10 or 30,5")
        first = int(match[1])
        found += range(first, int(match[2] or first) + 1)
    return found


def _number(text: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,5}", text):
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 on")
    return int(text)


def _end(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    sys.exit(main())
