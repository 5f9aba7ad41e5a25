"""Measure a burst inside a quota, answered by Sluice and by its peers: `make bench-burst`.

The stand-ins enforce the quota in real time, and the report uses their counts.
Sluice runs as the whole local stack, with the deployed handlers in a dozen worker processes.
Each peer runs as its users would write it. Every result is saved as soon as it is there.
"""

import argparse
import os
import sys
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.burst import cases, corpus, peer_run, sluice_run
from bench.burst.case import SLUICE, Case
from bench.burst.picture import draw
from bench.burst.report import report, summary
from bench.burst.result import BurstResult
from bench.burst.results import BurstResults
from bench.burst.run import Interrupted, Run
from bench.console import integer_from, interrupt_on_signals, say, show
from bench.results_file import RESULTS, about_this_machine
from local.quota import Shape
from local.stack import PROJECT
from local.upstream_server import UpstreamUnreachable, UpstreamUrls

_QUICK_RESULTS = PROJECT / ".sluice" / "burst"


def main() -> int:
    """Run the cases, and print and write the results; 1 if a case could not be measured."""
    parser = _parser()
    options = parser.parse_args()
    urls = UpstreamUrls(kendra=options.kendra_url, bedrock=options.bedrock_url)
    try:
        urls.refuse_unreachable()
        chosen = _cases(options)
        results = _results(options)
    except (UpstreamUnreachable, OSError, ValueError) as error:
        parser.error(str(error))
    chosen = [case for case in chosen if not results.has(case)]
    if options.list:
        for case in chosen:
            print(f"{cases.estimated_seconds(case) / 60:5.1f} min  {case.name}")
        return 0
    with tempfile.TemporaryDirectory() as documents:
        runner = _Runner(options, urls, Path(documents), results)
        try:
            runner.run(chosen)
        except KeyboardInterrupt:
            say("Interrupted. Run again with --resume to measure the cases that are missing.")
            return 130
        finally:
            _write(results)
    return int(any(each.note and not each.calls for each in results.found))


class _Runner:
    """Runs cases, several at a time."""

    def __init__(
        self,
        options: argparse.Namespace,
        urls: UpstreamUrls,
        documents: Path,
        results: BurstResults,
    ) -> None:
        self._options = options
        self._urls = urls
        self._documents = documents
        self._pool = corpus.write(documents)
        self._results = results
        self._ended = threading.Event()
        self._starting = threading.Lock()

    def run(self, chosen: Sequence[Case]) -> None:
        """Run all cases. KeyboardInterrupt stops the running ones in an orderly way."""
        slots = self._options.parallel
        seconds = [cases.estimated_seconds(case) for case in chosen]
        minutes = max([sum(seconds) / slots, *seconds]) / 60
        say(f"{len(chosen)} bursts, {slots} at a time: about {minutes:.0f} minutes.")
        with ThreadPoolExecutor(slots) as pool:
            running = [
                pool.submit(self._run, case, f"[{number}/{len(chosen)}] {case.name}")
                for number, case in enumerate(chosen, 1)
            ]
            try:
                for done in as_completed(running):
                    self._results.add(done.result())
            except BaseException:
                self._ended.set()
                pool.shutdown(cancel_futures=True)
                raise

    def _run(self, case: Case, name: str) -> BurstResult:
        def say_of_case(text: str) -> None:
            say(f"{name}: {text}")

        say_of_case("starting")
        run = Run(
            case,
            self._documents,
            self._pool,
            self._urls,
            self._options.model_id,
            self._options.kendra_index_id,
            self._ended,
            self._starting,
            say_of_case,
        )
        try:
            measure = sluice_run.measure if case.system == SLUICE else peer_run.measure
            result = measure(run)
        except Interrupted:
            raise
        except Exception as error:
            # The report lists a case that could not be measured; the others go on.
            now = datetime.now(UTC).isoformat(timespec="seconds")
            why = " ".join(str(error).split())[:300]
            result = BurstResult(case, now, note=f"not measured: {why}")
        say_of_case(summary(result))
        return result


def _cases(options: argparse.Namespace) -> list[Case]:
    if options.quick:
        return cases.quick_cases()
    systems = [*([] if options.no_sluice else [SLUICE]), *_peers(options.peers)]
    if not any((options.minutes, options.shape, options.burndown)):
        found = [case for case in cases.default_cases() if case.system in systems]
        return [case for case in found if options.only in case.name]
    return list(
        cases.combinations(
            systems,
            [float(word) for word in _words(options.minutes) or (cases.SHORT, cases.LONG)],
            [_shape(word) for word in _words(options.shape) or Shape],
            [int(word) for word in _words(options.burndown) or cases.BURNDOWNS],
        )
    )


def _shape(word: str) -> Shape:
    if word not in list(Shape):
        raise ValueError(f"--shape: must be one of {', '.join(Shape)}, not {word}")
    return Shape(word)


def _peers(names: str) -> list[str]:
    """The peers whose names contain one of the words. Raises ValueError if there are none."""
    if names == "all":
        return list(peer_run.PEERS)
    if names == "none":
        return []
    found = [name for name in peer_run.PEERS if any(word in name for word in _words(names))]
    if not found:
        raise ValueError(f"--peers: {names} matches none of: {'; '.join(peer_run.PEERS)}")
    return found


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _results(options: argparse.Namespace) -> BurstResults:
    """The results of the run before if it is resumed, otherwise empty ones."""
    folder = options.output or (_QUICK_RESULTS if options.quick else RESULTS)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "burst.json"
    if options.resume and path.exists():
        return BurstResults.read(path)
    return BurstResults(path, _about("another" if options.bedrock_url else "stand-ins"))


def _about(upstream: str) -> dict[str, Any]:
    versions = {"ministack": version("ministack"), **peer_run.versions()}
    return {"upstream": upstream, **about_this_machine(), "versions": versions}


def _write(results: BurstResults) -> None:
    """Print the report, and write it with its picture."""
    if not results.found:
        return
    text = report(results)
    show(text)
    results.path.with_suffix(".md").write_text(text, encoding="utf-8")
    draw(results, results.path.with_suffix(".png"))
    say(f"Results are in {os.path.relpath(results.path.parent)}: burst.md, burst.json, burst.png")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.burst",
        description="Measure a burst inside a quota, answered by Sluice and by its peers.",
    )
    choose = parser.add_argument_group(
        "cases", "Without these options the default cases run: see --list."
    )
    choose.add_argument(
        "--shape", default="", help="shape of the quota: bucket, fixed or rolling; several: a,b"
    )
    choose.add_argument("--burndown", default="", help="burndown of output tokens; several: 1,5")
    choose.add_argument("--minutes", default="", help="ideal minutes of the burst; several: 1.5,5")
    choose.add_argument(
        "--peers", default="all", help="all, none, or words in their names: a,b (default: all)"
    )
    choose.add_argument("--no-sluice", action="store_true", help="run the peers only")
    choose.add_argument("--only", default="", help="the default cases whose name contains this")
    choose.add_argument("--quick", action="store_true", help="one short burst and two peers")
    parser.add_argument("--list", action="store_true", help="list the cases, and run none")
    parser.add_argument(
        "--resume", action="store_true", help="run only the cases that have no result yet"
    )
    parser.add_argument(
        "--parallel", type=integer_from(1), default=3, help="bursts at a time (default: 3)"
    )
    parser.add_argument(
        "--output", type=Path, help="folder for the results (default: bench/results)"
    )
    other = parser.add_argument_group("other upstreams", "They report no counters.")
    other.add_argument("--bedrock-url", default="", help="URL to use instead of the stand-in")
    other.add_argument("--kendra-url", default="", help="URL to use instead of the stand-in")
    other.add_argument("--model-id", default="sluice.stand-in-v1:0", help="id of the model")
    index = "10ca1000-0000-4000-8000-000000000000"
    other.add_argument("--kendra-index-id", default=index, help="id of the Kendra index")
    return parser


if __name__ == "__main__":
    interrupt_on_signals()
    sys.exit(main())
