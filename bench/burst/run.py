"""The run of one case: its documents, its upstream, and its time limit."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.burst import corpus
from bench.burst.case import Case
from bench.burst.monitor import Monitor
from local.quota import MINUTE, Shape
from local.upstream_server import UpstreamUrls

#: A burst is abandoned after this multiple of its ideal time, plus these seconds.
_TIMES, _SECONDS = 4.0, 180.0
#: Seconds between two lines of progress.
_REPORT_EVERY = 30.0


class Interrupted(Exception):
    """The run was interrupted."""


@dataclass(frozen=True)
class Run:
    """One run of one case."""

    case: Case
    documents: Path
    #: One question about each document.
    pool: list[str]
    #: Upstreams to use instead of the stand-ins; they report no counters.
    urls: UpstreamUrls
    #: The ids of the model and of the Kendra index.
    model: str
    index: str
    #: Set to interrupt the run.
    ended: threading.Event
    #: Held while servers start, so that no two choose the same port.
    starting: threading.Lock
    say: Callable[[str], None]

    @property
    def questions(self) -> list[str]:
        """The questions of the burst."""
        return corpus.questions(self.pool, self.case.questions)

    @property
    def uses_stand_in(self) -> bool:
        """Whether the model is the stand-in, which reports its counters."""
        return not self.urls.bedrock

    @property
    def time_limit(self) -> float:
        """Seconds after which the burst is abandoned."""
        return self._expected_ideal * _TIMES + _SECONDS

    @property
    def _expected_ideal(self) -> float:
        """The ideal seconds of the burst, estimated from its questions."""
        charged = self.case.questions * corpus.mean_charge(self.case.burndown)
        return self.case.ideal_seconds(charged, self.case.questions)

    def wait(self, seconds: float) -> None:
        """Sleep for `seconds`. Raises Interrupted when the run is interrupted."""
        if self.ended.wait(max(seconds, 0.0)):
            raise Interrupted

    def await_window(self) -> None:
        """Wait for the start of a fixed window, so that all systems meet the same windows."""
        if self.case.shape is Shape.FIXED and self.uses_stand_in:
            # The stand-in's windows start at the full minutes of this clock.
            self.wait(MINUTE - time.monotonic() % MINUTE)

    def await_drained(
        self, monitor: Monitor, is_drained: Callable[[], bool], at_half: Callable[[], None]
    ) -> bool:
        """Wait until the burst has drained; False if the time limit passes.

        `at_half` is called once, after half the ideal time.
        """
        begun = reported = time.monotonic()
        is_second_half = False
        while not is_drained():
            self.wait(1.0)
            now = time.monotonic()
            if now - begun > self.time_limit:
                return False
            if now - begun >= self._expected_ideal / 2 and not is_second_half:
                is_second_half = True
                at_half()
            if now - reported >= _REPORT_EVERY:
                reported = now
                self.say(f"{now - begun:4.0f} s, {_progress(monitor, self.case)}")
        return True


def _progress(monitor: Monitor, case: Case) -> str:
    if not monitor.samples:
        return "running"
    last = monitor.samples[-1]
    # The single questions are answered too.
    answers = min(last.answers, case.questions)
    return f"{answers} of {case.questions} answered, {last.throttled} throttled"
