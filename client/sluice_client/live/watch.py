"""Watch: follow one job by asking for it again and again, at the pace the service asks for."""

from typing import Any

from sluice_client.api.errors import WaitTimeout
from sluice_client.api.job import JOB_ID, Job
from sluice_client.transport.clock import Deadline, Timepiece
from sluice_client.transport.http import Connection, Reply
from sluice_client.transport.operations import Pause, Steps, Tell

#: Seconds the service holds a GET /jobs/{id}?wait=N open at most.
LONGEST_HOLD = 20

#: Seconds, while somebody watches and there is no ETag yet: without one the service cannot know
#: what is news to us, and holds the request though the job has moved on.
_BLIND_HOLD = 1

#: Seconds an answer may take beyond the time it was held.
_GRACE = 10.0

#: Seconds between two questions when the service neither holds them nor sends Retry-After.
_SHORTEST_CYCLE = 0.5

#: Seconds. Retry-After is then the expected wait in the queue, an estimate: look again after
#: five minutes, for the queue may have drained faster.
_LONGEST_PAUSE = 300.0


class Watch:
    """One job under observation.

    `closely`: each change matters, not only the end. `seen`: the job as it was last known.
    """

    def __init__(
        self,
        connection: Connection,
        clock: Timepiece,
        job_id: str,
        *,
        closely: bool,
        seen: Job | None = None,
    ) -> None:
        self._connection = connection
        self._clock = clock
        self._job_id = job_id
        self._closely = closely
        self._etag: str | None = None
        self._seen = seen
        self._cycle = _SHORTEST_CYCLE

    def until_finished(self, timeout: float | None) -> Steps[Job]:
        """Tell the job each time it is not as last seen; the outcome is the finished one.

        Raises WaitTimeout `timeout` seconds from now (None: never), and what a call raises.
        """
        deadline = Deadline(self._clock, timeout)
        while True:
            began = self._clock.monotonic()
            job = yield from self.look(deadline)
            if job:
                yield Tell(job)
                if job.finished:
                    return job
            if timeout is not None and not deadline.remaining():
                raise WaitTimeout(self._job_id, timeout=timeout, job=self._seen)
            # The time the request was held counts: the service was not asked anew meanwhile.
            pause = self.cycle - (self._clock.monotonic() - began)
            yield Pause(max(0.0, min(pause, deadline.remaining())))

    @property
    def cycle(self) -> float:
        """Seconds from one look to the next that the service asked for."""
        return min(self._cycle, _LONGEST_PAUSE)

    def look(self, deadline: Deadline, longest: int = LONGEST_HOLD) -> Steps[Job | None]:
        """Ask once, held for `longest` seconds at most; None when it is as last seen."""
        if self._closely and not self._etag:
            longest = min(longest, _BLIND_HOLD)
        hold = int(min(longest, deadline.remaining()))
        reply = yield from self._connection.call(
            "GET",
            f"/jobs/{self._job_id}",
            params={"wait": hold} if hold > 0 else None,
            headers={"if-none-match": self._etag} if self._etag else None,
            timeout=hold + _GRACE,
            deadline=deadline,
        )
        self._cycle = _SHORTEST_CYCLE if reply.retry_after is None else reply.retry_after
        return self._news(reply)

    def _news(self, reply: Reply) -> Job | None:
        if reply.status == 304:
            return None
        job = read_job(self._connection, reply.body)
        self._etag = reply.headers.get("etag")
        if job == self._seen:
            return None
        self._seen = job
        return job


def read_job(connection: Connection, body: dict[str, Any]) -> Job:
    """Read the job in an answer. Raises Unreachable when it is none."""
    job = Job.from_json(body)
    if not JOB_ID.fullmatch(job.id):
        raise connection.not_sluice("its answer is not a job")
    return job
