"""Problem: why a request was refused or a job failed (RFC 9457, application/problem+json)."""

from dataclasses import dataclass, field
from typing import Any, Self

from sluice_client.api import fields


@dataclass(frozen=True)
class Problem:
    """One problem; `raw` also has the members that this client does not know."""

    #: Stable name of the kind of problem: "model-throttled", or a URI that ends with it.
    type: str | None = None
    title: str | None = None
    #: The HTTP status; None on a failed job's `error`.
    status: int | None = None
    #: A sentence for the person who reads it.
    detail: str | None = None
    #: On a failed job: whether the same question may succeed later.
    retryable: bool | None = None
    raw: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Self:
        return cls(
            type=fields.string(raw, "type"),
            title=fields.string(raw, "title"),
            status=fields.integer(raw, "status"),
            # API Gateway answers {"message": ...} when it refuses before the service is asked.
            detail=fields.string(raw, "detail") or fields.string(raw, "message"),
            retryable=fields.boolean(raw, "retryable"),
            raw=raw,
        )

    @property
    def name(self) -> str | None:
        """The last word of `type`: "unknown-job" of "https://.../problems/unknown-job"."""
        if not self.type or self.type == "about:blank":
            return None
        return self.type.rstrip("/#").replace("#", "/").rpartition("/")[2] or None

    def __str__(self) -> str:
        """Title and detail as one line, or the one that is there; may be empty."""
        title, detail = (" ".join((words or "").split()) for words in (self.title, self.detail))
        return f"{title.rstrip('.')}: {detail}" if title and detail else title or detail
