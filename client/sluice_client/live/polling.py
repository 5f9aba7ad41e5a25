"""Polling: news of several jobs without a socket."""

from sluice_client.api.job import Job
from sluice_client.live.reader import Reader
from sluice_client.live.watch import LONGEST_HOLD, Watch
from sluice_client.transport.clock import Deadline, Timepiece
from sluice_client.transport.http import Connection
from sluice_client.transport.operations import Steps

#: Requests per second at most, however many jobs there are.
_RATE = 10.0


class Polling:
    """One Watch per job, looked through in turn."""

    def __init__(self, connection: Connection, clock: Timepiece, reader: Reader) -> None:
        self._clock = clock
        self._reader = reader
        self._watches = {
            job_id: Watch(connection, clock, job_id, closely=True) for job_id in reader.unfinished
        }
        self._began = clock.monotonic()

    def look(self, job_id: str, deadline: Deadline) -> Steps[Job | None]:
        """Ask for one job; None when it is as last seen."""
        self._began = self._clock.monotonic()
        # A request that is held for one job keeps the others waiting.
        hold = LONGEST_HOLD if len(self._watches) == 1 else 0
        return (yield from self._watches[job_id].look(deadline, hold))

    def pause(self) -> float:
        """Seconds to stay away before the next round."""
        unfinished = self._reader.unfinished
        soonest = min(self._watches[job_id].cycle for job_id in unfinished)
        paced = max(soonest, len(unfinished) / _RATE)
        # The time a request was held counts: the service was not asked anew meanwhile.
        return max(0.0, paced - (self._clock.monotonic() - self._began))
