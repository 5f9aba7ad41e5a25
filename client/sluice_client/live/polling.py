"""Polling: follow jobs by asking for them again and again, at the pace the service asks for."""

from collections.abc import Iterable, Sequence
from typing import Any

from sluice_client.api.errors import WaitTimeout
from sluice_client.api.job import JOB_ID, Job
from sluice_client.transport.clock import Deadline, TimeSource
from sluice_client.transport.http import HttpApi, Reply
from sluice_client.transport.operations import Emit, Procedure, Sleep

#: Seconds the service holds a GET /jobs/{id}?wait=N open at most.
LONGEST_HOLD = 20

#: Seconds to hold the first request when every change matters. Without an ETag the service
#: does not know which version is new to us, and holds the request although the job has changed.
_HOLD_WITHOUT_ETAG = 1

#: Seconds a response may take beyond the time it was held.
_GRACE = 10.0

#: Seconds between two requests when the service neither holds them nor sends Retry-After.
_SHORTEST_CYCLE = 0.5

#: Seconds. Retry-After is the expected wait in the queue, an estimate: the queue may drain
#: faster, so poll at least every five minutes.
_LONGEST_PAUSE = 300.0

#: Requests per second at most, however many jobs are polled.
_RATE = 10.0


class JobPoller:
    """Polls one job.

    `every_change`: report each change, not only the end. `seen`: the job as last seen.
    """

    def __init__(
        self,
        api: HttpApi,
        clock: TimeSource,
        job_id: str,
        *,
        every_change: bool,
        seen: Job | None = None,
    ) -> None:
        self._api = api
        self._clock = clock
        self._job_id = job_id
        self._every_change = every_change
        self._etag: str | None = None
        self._seen = seen
        self._cycle = _SHORTEST_CYCLE

    def until_finished(self, timeout: float | None) -> Procedure[Job]:
        """Emit the job at each change, and return it once it is finished.

        Raises WaitTimeout after `timeout` seconds (None: never), and what a call raises.
        """
        deadline = Deadline(self._clock, timeout)
        while True:
            began = self._clock.monotonic()
            job = yield from self.poll(deadline)
            if job:
                yield Emit(job)
                if job.finished:
                    return job
            if timeout is not None and not deadline.remaining():
                raise WaitTimeout(self._job_id, timeout=timeout, job=self._seen)
            # The time the request was held counts towards the pause.
            pause = self.cycle - (self._clock.monotonic() - began)
            yield Sleep(max(0.0, min(pause, deadline.remaining())))

    @property
    def cycle(self) -> float:
        """Seconds from one request to the next that the service asked for."""
        return min(self._cycle, _LONGEST_PAUSE)

    def poll(self, deadline: Deadline, longest: int = LONGEST_HOLD) -> Procedure[Job | None]:
        """Request the job once, held for at most `longest` seconds; return None if unchanged."""
        if self._every_change and not self._etag:
            longest = min(longest, _HOLD_WITHOUT_ETAG)
        hold = int(min(longest, deadline.remaining()))
        reply = yield from self._api.call(
            "GET",
            f"/jobs/{self._job_id}",
            params={"wait": hold} if hold > 0 else None,
            headers={"if-none-match": self._etag} if self._etag else None,
            timeout=hold + _GRACE,
            deadline=deadline,
        )
        self._cycle = _SHORTEST_CYCLE if reply.retry_after is None else reply.retry_after
        return self._changed_job(reply)

    def _changed_job(self, reply: Reply) -> Job | None:
        if reply.status == 304:
            return None
        job = read_job(self._api, reply.body)
        self._etag = reply.headers.get("etag")
        if job == self._seen:
            return None
        self._seen = job
        return job


class Polling:
    """Polls several jobs in turn."""

    def __init__(self, api: HttpApi, clock: TimeSource, job_ids: Iterable[str]) -> None:
        self._clock = clock
        self._pollers = {id_: JobPoller(api, clock, id_, every_change=True) for id_ in job_ids}
        self._began = clock.monotonic()

    def poll(self, job_id: str, deadline: Deadline) -> Procedure[Job | None]:
        """Request one job; return None if it is unchanged."""
        self._began = self._clock.monotonic()
        # A request that is held for one job delays the others.
        hold = LONGEST_HOLD if len(self._pollers) == 1 else 0
        return (yield from self._pollers[job_id].poll(deadline, hold))

    def pause(self, unfinished: Sequence[str]) -> float:
        """Return the seconds to wait before the next round over these jobs."""
        soonest = min(self._pollers[job_id].cycle for job_id in unfinished)
        paced = max(soonest, len(unfinished) / _RATE)
        # The time the request was held counts towards the pause.
        return max(0.0, paced - (self._clock.monotonic() - self._began))


def read_job(api: HttpApi, body: dict[str, Any]) -> Job:
    """Return the job of a response. Raises Unreachable when the body is not a job."""
    job = Job.from_json(body)
    if not JOB_ID.fullmatch(job.id):
        raise api.not_sluice("the response is not a job")
    return job
