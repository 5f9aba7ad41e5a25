"""A lane's queue, and the workers that take from it."""

from collections import deque
from random import Random

from bench.simulation.scenario import BATCH, POLL
from bench.simulation.timeline import Timeline
from bench.simulation.worker import Worker


class LaneQueue:
    """SQS, first in, first out; a message that comes back is among the oldest, so it goes first.

    A message is the number of a job, and its place among all messages ever sent.
    """

    def __init__(self, timeline: Timeline, random: Random) -> None:
        self._timeline = timeline
        self._random = random
        self._visible: deque[tuple[int, int]] = deque()
        self._idle: list[Worker] = []
        self.sent = 0
        #: The highest place that a worker has received.
        self.head = 0

    def add_workers(self, workers: list[Worker]) -> None:
        """Let these workers, as many as MaximumConcurrency, take from the queue."""
        self._idle += workers

    def send(self, job: int) -> None:
        self.sent += 1
        self._visible.append((job, self.sent))
        self._wake()

    def give_back(self, message: tuple[int, int], seconds: float) -> None:
        """Make a message visible again after `seconds`."""
        self._timeline.put(self._timeline.now + seconds, self._come_back, message)

    def release(self, worker: Worker) -> None:
        """Let a worker that has finished its messages take the next ones."""
        self._idle.append(worker)
        self._wake()

    def sample(self, count: int) -> list[tuple[int, int]]:
        """Draw `count` of the waiting messages, or all if there are fewer."""
        waiting = len(self._visible)
        drawn = sorted(self._random.sample(range(waiting), min(count, waiting)))
        return [self._visible[each] for each in drawn]

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
        self.head = max(self.head, max(place for _, place in messages))
        worker.work(messages)
        self._wake()
