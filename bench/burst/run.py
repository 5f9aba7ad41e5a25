"""What every case's run has: the documents, the upstream, somebody to tell, and an end in time."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.burst import corpus
from bench.burst.case import Case
from bench.burst.watch import Watch
from local.quota import MINUTE, Shape
from local.upstream_server import UpstreamUrls

#: A burst that takes so many times its ideal, and so many seconds, is not waited for any longer.
_TIMES, _SECONDS = 4.0, 180.0
#: Seconds between two words about how it goes.
_SAY_EVERY = 30.0


class Interrupted(Exception):
    """The run is to end now."""


@dataclass(frozen=True)
class Run:
    """One run of one case."""

    case: Case
    documents: Path
    #: One question about each document.
    asked: list[str]
    #: In place of the stand-ins; an upstream that is not ours tells nothing.
    urls: UpstreamUrls
    #: The model that answers and the index that is asked.
    model: str
    index: str
    #: Set when the run is to end.
    ended: threading.Event
    #: One at a time starts and ends servers, so that no two choose the same port.
    starting: threading.Lock
    say: Callable[[str], None]

    @property
    def questions(self) -> list[str]:
        return corpus.questions(self.asked, self.case.questions)

    @property
    def is_ours(self) -> bool:
        """Whether the model is the stand-in, which tells what it saw."""
        return not self.urls.bedrock

    @property
    def longest(self) -> float:
        """Seconds after which a burst is not waited for any longer."""
        charged = self.case.questions * corpus.mean_charge(self.case.burndown)
        return self.case.ideal_seconds(charged, self.case.questions) * _TIMES + _SECONDS

    @property
    def half(self) -> float:
        """Seconds at which a burst is half done, ideally."""
        charged = self.case.questions * corpus.mean_charge(self.case.burndown)
        return self.case.ideal_seconds(charged, self.case.questions) / 2

    def wait(self, seconds: float) -> None:
        """Wait so long. Raises Interrupted when the run is to end."""
        if self.ended.wait(max(seconds, 0.0)):
            raise Interrupted

    def await_window(self) -> None:
        """Wait for the beginning of a fixed window, so that every system has the same ones."""
        if self.case.shape is Shape.FIXED and self.is_ours:
            # The stand-in's windows start at the whole minutes of this clock.
            self.wait(MINUTE - time.monotonic() % MINUTE)

    def await_drained(
        self, watch: Watch, is_drained: Callable[[], bool], at_half: Callable[[], None]
    ) -> bool:
        """Wait until nothing is left; False if that takes too long. `at_half` is called once."""
        begun = told = time.monotonic()
        is_second_half = False
        while not is_drained():
            self.wait(1.0)
            now = time.monotonic()
            if now - begun > self.longest:
                return False
            if now - begun >= self.half and not is_second_half:
                is_second_half = True
                at_half()
            if now - told >= _SAY_EVERY:
                told = now
                self.say(f"{now - begun:4.0f} s, {_progress(watch, self.case)}")
        return True


def _progress(watch: Watch, case: Case) -> str:
    if not watch.looks:
        return "under way"
    last = watch.looks[-1]
    # What others asked amid it is answered too.
    answers = min(last.answers, case.questions)
    return f"{answers} of {case.questions} answered, {last.throttled} throttled"
