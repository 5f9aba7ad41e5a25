"""Reader: the messages of a socket about some jobs, made into events.

Shares out messages to one Transcript per job. A message this client does not know, or that is
about a job nobody asked for, is passed over: the service may be newer.
"""

from collections.abc import Iterator
from typing import Any

from sluice_client.api import fields
from sluice_client.api.job import Job
from sluice_client.api.source import Source
from sluice_client.live.transcript import Fetch, Output, Transcript

_SNAPSHOTS = frozenset(
    {"job.queued", "job.in_progress", "job.completed", "job.failed", "job.cancelled"}
)


class Reader:
    """Follows jobs until each is finished."""

    def __init__(self, *job_ids: str) -> None:
        self._transcripts: dict[str, Transcript] = {}
        for job_id in job_ids:
            self.follow(job_id)

    def follow(self, job_id: str) -> None:
        """Follow one more job."""
        self._transcripts.setdefault(job_id, Transcript(job_id))

    @property
    def unfinished(self) -> list[str]:
        """The ids of the jobs whose end has not been told, in the order given."""
        return [job_id for job_id, of in self._transcripts.items() if not of.finished]

    def job(self, job_id: str) -> Job | None:
        """Return the job as last seen; None before its first snapshot."""
        return self._transcripts[job_id].job

    def text(self, job_id: str) -> str:
        """Return the answer's text as told so far."""
        return self._transcripts[job_id].text

    def follows(self, job_id: str | None) -> bool:
        """Whether the job is one of those followed."""
        return job_id in self._transcripts

    def reconnected(self) -> None:
        """Forget what was asked on the connection before."""
        for transcript in self._transcripts.values():
            transcript.reconnected()

    def snapshot(self, job: Job) -> Iterator[Output]:
        """Take in a job from elsewhere: a GET, or a submission."""
        yield from self._transcripts[job.id].snapshot(job)

    def message(self, raw: dict[str, Any]) -> Iterator[Output]:
        """Take in one message of the socket."""
        job_id = fields.text(raw, "job_id")
        transcript = self._transcripts.get(job_id or "")
        if job_id is None or transcript is None:
            return
        kind, attempt = fields.text(raw, "type"), fields.whole(raw, "attempt")
        if kind == "job.delta":
            offset, text = fields.whole(raw, "offset"), fields.text(raw, "text")
            if offset is not None and offset >= 0 and text:
                yield from transcript.delta(attempt, offset, text)
        elif kind == "job.sources":
            sources = tuple(map(Source.from_json, fields.records(raw, "sources")))
            yield from transcript.sources(attempt, sources)
        elif kind in _SNAPSHOTS:
            job = fields.mapping(raw, "job")
            if job is not None:
                yield from transcript.snapshot(Job.from_json(job | {"id": job_id}))
            elif not transcript.finished:
                yield Fetch(job_id)
