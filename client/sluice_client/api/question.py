"""Details and BatchQuestion: what a caller sends with a question, alone or in a batch."""

from collections.abc import Mapping
from typing import Any, Required, TypedDict


class Details(TypedDict, total=False):
    """The options of a question. None: not sent."""

    #: Document attributes: category, version, language, or others that the service knows.
    filter: Mapping[str, Any] | None
    #: The job this question follows up on.
    previous_job_id: str | None
    #: "bulk" to give way to interactive questions.
    lane: str | None
    #: Cancel the job if it has not started after this many seconds.
    max_wait_seconds: float | None
    #: The caller's own notes, returned with the job.
    metadata: Mapping[str, str] | None
    #: Same key and same question: the same job. None: a random key.
    idempotency_key: str | None


class BatchQuestion(TypedDict, total=False):
    """A question of a batch, its name (unique in the batch) and its options."""

    custom_id: Required[str]
    question: Required[str]
    filter: Mapping[str, Any] | None
    previous_job_id: str | None
    lane: str | None
    max_wait_seconds: float | None
    metadata: Mapping[str, str] | None
