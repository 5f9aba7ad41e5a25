"""What is measured while a burst runs."""

import math
from array import array
from collections import Counter as Tally

from bench.simulation.timeline import BEGIN

#: Answers are counted in intervals of this many seconds, for the picture.
INTERVAL = 10


class Measurements:
    """Times of jobs by their numbers, in seconds since the beginning; -1 means not yet."""

    def __init__(self, jobs: int, models: int) -> None:
        self.asked = array("d", bytes(8 * jobs))
        self.begun = array("d", [-1.0]) * jobs
        self.finished = array("d", [-1.0]) * jobs
        #: Seconds that Kendra and the model worked for the job.
        self.service = array("f", bytes(4 * jobs))
        self.receives = array("H", bytes(2 * jobs))
        self.ends = array("B", bytes(jobs))
        self.gave_back = 0
        #: Answers by interval, for each model.
        self.answers: list[Tally[int]] = [Tally() for _ in range(models)]
        #: A job, when the forecast was made, and the seconds of waiting that it forecast.
        self.forecasts: list[tuple[int, float, float]] = []

    def add(self) -> int:
        """Add a job; returns its number."""
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
        self.answers[model][INTERVAL * math.ceil((now - BEGIN) / INTERVAL)] += 1
