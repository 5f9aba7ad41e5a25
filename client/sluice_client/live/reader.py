"""MessageReader: turns the messages of a socket into events.

Each message goes to the Transcript of its job. A message of an unknown type, or about a job that
is not followed, is ignored: the service may be newer than this client.
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


class MessageReader:
    """Follows jobs until each is finished."""

    def __init__(self, *job_ids: str) -> None:
        self._transcripts: dict[str, Transcript] = {}
        for job_id in job_ids:
            self.follow(job_id)

    def follow(self, job_id: str) -> None:
        """Add a job; idempotent."""
        self._transcripts.setdefault(job_id, Transcript(job_id))

    @property
    def unfinished(self) -> list[str]:
        """The ids of the jobs whose end has not been reported, in the order given."""
        return [job_id for job_id, one in self._transcripts.items() if not one.finished]

    def job(self, job_id: str) -> Job | None:
        """Return the job as last seen; None before its first snapshot."""
        return self._transcripts[job_id].job

    def text(self, job_id: str) -> str:
        """Return the answer's text as reported so far."""
        return self._transcripts[job_id].text

    def follows(self, job_id: str | None) -> bool:
        """Return whether the job is followed."""
        return job_id in self._transcripts

    def reconnected(self) -> None:
        """Forget the requests sent on the previous connection."""
        for transcript in self._transcripts.values():
            transcript.reconnected()

    def snapshot(self, job: Job) -> Iterator[Output]:
        """Process a job that came from a GET or a submission."""
        yield from self._transcripts[job.id].snapshot(job)

    def message(self, raw: dict[str, Any]) -> Iterator[Output]:
        """Process one message of the socket."""
        job_id = fields.string(raw, "job_id")
        transcript = self._transcripts.get(job_id or "")
        if job_id is None or transcript is None:
            return
        kind, attempt = fields.string(raw, "type"), fields.integer(raw, "attempt")
        if kind == "job.delta":
            offset, text = fields.integer(raw, "offset"), fields.string(raw, "text")
            if offset is not None and offset >= 0 and text:
                yield from transcript.delta(attempt, offset, text)
        elif kind == "job.sources":
            sources = tuple(map(Source.from_json, fields.json_objects(raw, "sources")))
            yield from transcript.sources(attempt, sources)
        elif kind in _SNAPSHOTS:
            job = fields.json_object(raw, "job")
            if job is not None:
                yield from transcript.snapshot(Job.from_json(job | {"id": job_id}))
            elif not transcript.finished:
                yield Fetch(job_id)
