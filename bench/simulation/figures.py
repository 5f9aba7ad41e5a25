"""What is counted while a burst runs."""

import math
from array import array
from collections import Counter as Tally

from bench.simulation.timeline import BEGIN

#: Seconds of a stretch in which answers are counted, for the picture.
STRETCH = 10


class Figures:
    """Times of jobs by their numbers, in seconds since the beginning; -1 for not yet."""

    def __init__(self, jobs: int, models: int) -> None:
        self.asked = array("d", bytes(8 * jobs))
        self.begun = array("d", [-1.0]) * jobs
        self.finished = array("d", [-1.0]) * jobs
        #: Seconds in which an upstream was at work for the job.
        self.service = array("f", bytes(4 * jobs))
        self.receives = array("H", bytes(2 * jobs))
        self.ends = array("B", bytes(jobs))
        self.gave_back = 0
        #: Answers by stretch of time, for each model.
        self.answers: list[Tally[int]] = [Tally() for _ in range(models)]
        #: A job, when it was forecast, and for when; since the beginning.
        self.forecasts: list[tuple[int, float, float]] = []

    def add(self) -> int:
        """The number of one job more."""
        self.asked.append(0)
        self.begun.append(-1)
        self.finished.append(-1)
        self.service.append(0)
        self.receives.append(0)
        self.ends.append(0)
        return len(self.ends) - 1

    def was_asked(self, job: int, now: float) -> None:
        self.asked[job] = now - BEGIN

    def received(self, job: int, now: float) -> None:
        self.receives[job] += 1
        if self.begun[job] < 0:
            self.begun[job] = now - BEGIN

    def served(self, job: int, seconds: float) -> None:
        self.service[job] += seconds

    def ended(self, job: int, model: int, now: float) -> None:
        self.ends[job] += 1
        self.finished[job] = now - BEGIN
        self.answers[model][STRETCH * math.ceil((now - BEGIN) / STRETCH)] += 1
