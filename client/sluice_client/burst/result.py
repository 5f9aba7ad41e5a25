"""Result: how a submission ended, as a line of the answers has it, without the answer itself."""

from dataclasses import dataclass
from typing import Any, Self

from sluice_client.api.job import COMPLETED, FAILED, Job, Usage
from sluice_client.api.problem import Problem
from sluice_client.burst.submission import Submission


@dataclass(frozen=True, slots=True)
class Result:
    """How a submission ended."""

    custom_id: str
    digest: str
    round: int
    job_id: str
    batch_id: str | None
    status: str
    #: The kind of the error, or "unknown"; None unless it failed.
    error: str | None
    grounded: bool
    input_tokens: int
    output_tokens: int
    #: US dollars; None when the service knows no price.
    cost_usd: float | None

    @classmethod
    def of(cls, record: dict[str, Any]) -> Self:
        """Read a line of the answers. Raises KeyError or TypeError when it is not one."""
        job, burst = Job.from_json(record), record["burst"]
        usage = job.usage or Usage()
        return cls(
            custom_id=str(record["custom_id"]),
            digest=str(burst["digest"]),
            round=int(burst["round"]),
            job_id=str(record["job_id"]),
            batch_id=job.batch_id,
            status=str(record["status"]),
            error=_kind(job.error) if job.status == FAILED else None,
            grounded=bool(job.answer and job.answer.grounded is not False),
            input_tokens=usage.input_tokens or 0,
            output_tokens=usage.output_tokens or 0,
            cost_usd=usage.cost_usd,
        )

    @property
    def completed(self) -> bool:
        """Whether there is an answer."""
        return self.status == COMPLETED

    def is_of(self, submission: Submission) -> bool:
        """Return whether this is the result of the submission, or of a later round of it."""
        return self.digest == submission.digest and self.round >= submission.round


def to_record(submission: Submission, job: Job) -> dict[str, Any]:
    """Return the line of the answers for a finished job: the API's JSON, with our custom_id."""
    own = ("id", "queue", "custom_id")
    return {
        "custom_id": submission.custom_id,
        "job_id": job.id,
        **{name: value for name, value in job.raw.items() if name not in own},
        "burst": {"digest": submission.digest, "round": submission.round},
    }


def _kind(error: Problem | None) -> str:
    return (error and (error.name or error.title)) or "unknown"
