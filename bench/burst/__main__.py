"""A burst inside a quota, answered by Sluice and by its peers: `make bench-burst`.

The stand-ins enforce the quota in real time, and what they saw is what is reported. Sluice is the
whole local stack with the deployed handlers in a dozen worker processes and more; each peer runs as
its users would write it. Results are kept as they come.
"""

import argparse
import os
import platform
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from types import FrameType
from typing import Any

from bench.burst import corpus, matrix, ours, theirs
from bench.burst.case import SLUICE, Case
from bench.burst.picture import draw
from bench.burst.outcome import Outcome
from bench.burst.outcomes import Outcomes
from bench.burst.report import report, told
from bench.burst.run import Interrupted, Run
from local.quota import Shape
from local.stack import PROJECT
from local.upstream_server import UpstreamUnreachable, UpstreamUrls

_RESULTS = PROJECT / "bench" / "results"
_QUICK_RESULTS = PROJECT / ".sluice" / "burst"


def main() -> int:
    """Run the cases, print and write the results; 1 if a case could not be measured."""
    parser = _parser()
    options = parser.parse_args()
    urls = UpstreamUrls(kendra=options.kendra_url, bedrock=options.bedrock_url)
    try:
        urls.refuse_unreachable()
        cases = _cases(options)
        kept = _kept(options)
    except (UpstreamUnreachable, OSError, ValueError) as error:
        parser.error(str(error))
    cases = [case for case in cases if not kept.has(case)]
    if options.list:
        for case in cases:
            print(f"{matrix.seconds(case) / 60:5.1f} min  {case.name}")
        return 0
    with tempfile.TemporaryDirectory() as documents:
        bursts = _Bursts(options, urls, Path(documents), kept)
        try:
            bursts.run(cases)
        except KeyboardInterrupt:
            _say("Stopped; --resume goes on with what is missing.")
            return 130
        finally:
            _write(kept)
    return int(any(each.note and not each.calls for each in kept.found))


class _Bursts:
    """Runs cases, some at a time."""

    def __init__(
        self, options: argparse.Namespace, urls: UpstreamUrls, documents: Path, kept: Outcomes
    ) -> None:
        self._options = options
        self._urls = urls
        self._documents = documents
        self._asked = corpus.write(documents)
        self._kept = kept
        self._ended = threading.Event()
        self._starting = threading.Lock()

    def run(self, cases: Sequence[Case]) -> None:
        """Run them all. KeyboardInterrupt ends what is under way, in order."""
        slots = self._options.parallel
        seconds = [matrix.seconds(case) for case in cases]
        minutes = max([sum(seconds) / slots, *seconds]) / 60
        _say(f"{len(cases)} bursts, {slots} at a time: about {minutes:.0f} minutes.")
        with ThreadPoolExecutor(slots) as pool:
            running = {
                pool.submit(self._run, case, f"[{place}/{len(cases)}] {case.name}"): case
                for place, case in enumerate(cases, 1)
            }
            try:
                for done in as_completed(running):
                    self._kept.add(done.result())
            except BaseException:
                self._ended.set()
                pool.shutdown(cancel_futures=True)
                raise

    def _run(self, case: Case, name: str) -> Outcome:
        def say(words: str) -> None:
            _say(f"{name}: {words}")

        say("starting")
        run = Run(
            case,
            self._documents,
            self._asked,
            self._urls,
            self._options.model_id,
            self._options.kendra_index_id,
            self._ended,
            self._starting,
            say,
        )
        try:
            outcome = ours.answer(run) if case.system == SLUICE else theirs.answer(run)
        except Interrupted:
            raise
        except Exception as error:
            # One that cannot be measured is told in the table; the others go on.
            now = datetime.now(UTC).isoformat(timespec="seconds")
            outcome = Outcome(case, now, note=f"not measured: {' '.join(str(error).split())[:300]}")
        say(told(outcome))
        return outcome


def _cases(options: argparse.Namespace) -> list[Case]:
    if options.quick:
        return matrix.quick()
    given = (options.minutes, options.shape, options.burndown)
    systems = [*([] if options.no_sluice else [SLUICE]), *_peers(options.peers)]
    if not any(given):
        usual = [case for case in matrix.usual() if case.system in systems]
        return [case for case in usual if options.only in case.name]
    return list(
        matrix.chosen(
            systems,
            [float(word) for word in _words(options.minutes) or (matrix.SHORT, matrix.LONG)],
            [_shape(word) for word in _words(options.shape) or Shape],
            [int(word) for word in _words(options.burndown) or matrix.BURNDOWNS],
        )
    )


def _shape(word: str) -> Shape:
    if word not in list(Shape):
        raise ValueError(f"--shape {word}: there are {', '.join(Shape)}.")
    return Shape(word)


def _peers(names: str) -> list[str]:
    """The peers whose names hold one of the words. Raises ValueError."""
    if names == "all":
        return list(theirs.PEERS)
    if names == "none":
        return []
    found = [name for name in theirs.PEERS if any(word in name for word in _words(names))]
    if not found:
        raise ValueError(f"--peers {names}: there are {'; '.join(theirs.PEERS)}.")
    return found


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _kept(options: argparse.Namespace) -> Outcomes:
    folder = options.output or (_QUICK_RESULTS if options.quick else _RESULTS)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "burst.json"
    if options.resume and path.exists():
        return Outcomes.read(path)
    return Outcomes(path, _about("another" if options.bedrock_url else "stand-ins"))


def _about(upstream: str) -> dict[str, Any]:
    return {
        "upstream": upstream,
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {"ministack": version("ministack"), **theirs.versions()},
    }


def _write(kept: Outcomes) -> None:
    """The table and the picture of what was found."""
    if not kept.found:
        return
    text = report(kept)
    print(f"\n{text}")
    kept.path.with_suffix(".md").write_text(text, encoding="utf-8")
    draw(kept, kept.path.with_suffix(".png"))
    _say(f"Kept in {os.path.relpath(kept.path.parent)}: burst.md, burst.json, burst.png")


def _say(line: str) -> None:
    # One write, since threads say things too.
    sys.stderr.write(f"{time.strftime('%X')} {line}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench.burst", description=__doc__.partition("\n")[0])
    choose = parser.add_argument_group("what is run; without these the usual cases")
    choose.add_argument("--shape", default="", help="bucket, fixed, rolling, or several: a,b")
    choose.add_argument("--burndown", default="", help="such as 1,5")
    choose.add_argument("--minutes", default="", help="of ideal drain, such as 1.5,5")
    choose.add_argument("--peers", default="all", help="all, none, or words of their names: a,b")
    choose.add_argument("--no-sluice", action="store_true", help="the peers only")
    choose.add_argument("--only", default="", help="of the usual cases those with this text")
    choose.add_argument("--quick", action="store_true", help="one short burst and two peers")
    parser.add_argument("--list", action="store_true", help="only say what would be run")
    parser.add_argument("--resume", action="store_true", help="run only what the results lack")
    parser.add_argument("--parallel", type=_count, default=3, help="bursts at a time (3)")
    parser.add_argument("--output", type=Path, help="the folder of the results")
    other = parser.add_argument_group("another upstream, which does not tell what it saw")
    other.add_argument("--bedrock-url", default="", help="in place of the stand-in")
    other.add_argument("--kendra-url", default="", help="in place of the stand-in")
    other.add_argument("--model-id", default="sluice.stand-in-v1:0", help="the model that answers")
    index = "10ca1000-0000-4000-8000-000000000000"
    other.add_argument("--kendra-index-id", default=index, help="the index that is asked")
    return parser


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number of bursts")
    return int(text)


def _end(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    sys.exit(main())
