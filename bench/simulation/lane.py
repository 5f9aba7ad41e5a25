"""A lane's queue, and the workers that Lambda lets take from it."""

from collections import deque
from random import Random

from bench.simulation.scenario import BATCH, POLL
from bench.simulation.timeline import Timeline
from bench.simulation.worker import Worker


class LaneQueue:
    """SQS, as first in, first out; what comes back is among the oldest, so it is delivered first.

    Messages are the numbers of jobs. Each has a ticket: its place among those ever sent.
    """

    def __init__(self, timeline: Timeline, random: Random) -> None:
        self._timeline = timeline
        self._random = random
        self._visible: deque[tuple[int, int]] = deque()
        self._idle: list[Worker] = []
        self.sent = 0
        #: The highest ticket that a worker has begun.
        self.head = 0

    def employ(self, workers: list[Worker]) -> None:
        """Let these workers take from the queue: as many as MaximumConcurrency."""
        self._idle += workers

    def send(self, job: int) -> None:
        self.sent += 1
        self._visible.append((job, self.sent))
        self._wake()

    def hold(self, message: tuple[int, int], seconds: float) -> None:
        """Make a message visible again after so long."""
        self._timeline.put(self._timeline.now + seconds, self._come_back, message)

    def is_over(self, worker: Worker) -> None:
        """A worker has seen to all of its messages."""
        self._idle.append(worker)
        self._wake()

    def sample(self, count: int) -> list[tuple[int, int]]:
        """Some of the messages that wait."""
        waiting = len(self._visible)
        places = sorted(self._random.sample(range(waiting), min(count, waiting)))
        return [self._visible[place] for place in places]

    def _come_back(self, message: tuple[int, int]) -> None:
        self._visible.appendleft(message)
        self._wake()

    def _wake(self) -> None:
        if self._idle and self._visible:
            poll = self._random.random() * POLL
            self._timeline.put(self._timeline.now + poll, self._deliver, self._idle.pop())

    def _deliver(self, worker: Worker) -> None:
        taken = min(BATCH, len(self._visible))
        if not taken:
            self._idle.append(worker)
            return
        messages = [self._visible.popleft() for _ in range(taken)]
        self.head = max(self.head, max(ticket for _, ticket in messages))
        worker.work(messages)
        self._wake()
