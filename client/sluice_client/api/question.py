"""Details and BatchQuestion: what a caller sends with a question, alone or in a batch."""

from collections.abc import Mapping
from typing import Any, Required, TypedDict


class Details(TypedDict, total=False):
    """What may go along with a question; what is None is not sent."""

    #: Document attributes: category, version, language, or others the service knows.
    filter: Mapping[str, Any] | None
    #: The job this question follows up on.
    previous_job_id: str | None
    #: "bulk" to let others go first.
    lane: str | None
    #: Cancel the job if it has not started by then.
    max_wait_seconds: float | None
    #: The caller's own notes, returned with the job.
    metadata: Mapping[str, str] | None
    #: Same key and same question: the same job. One is made up when None.
    idempotency_key: str | None


class BatchQuestion(TypedDict, total=False):
    """A question of a batch: its name there, unique in the batch, and what may go along with it."""

    custom_id: Required[str]
    question: Required[str]
    filter: Mapping[str, Any] | None
    previous_job_id: str | None
    lane: str | None
    max_wait_seconds: float | None
    metadata: Mapping[str, str] | None
