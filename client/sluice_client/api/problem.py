"""Problem: why a request was refused or a job failed (RFC 9457, application/problem+json)."""

from dataclasses import dataclass, field
from typing import Any, Self

from sluice_client.api import fields


@dataclass(frozen=True)
class Problem:
    """One problem; the service's extra members stay readable in `raw`."""

    #: Stable name of the kind of problem, for programs: "model-throttled", or a URI ending so.
    type: str | None = None
    title: str | None = None
    #: The HTTP status; None on a failed job's `error`.
    status: int | None = None
    #: A sentence for people.
    detail: str | None = None
    #: On a failed job: whether the same question may succeed later.
    retryable: bool | None = None
    raw: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Self:
        return cls(
            type=fields.text(raw, "type"),
            title=fields.text(raw, "title"),
            status=fields.whole(raw, "status"),
            # API Gateway answers {"message": ...} when it refuses before the service is asked.
            detail=fields.text(raw, "detail") or fields.text(raw, "message"),
            retryable=fields.flag(raw, "retryable"),
            raw=raw,
        )

    @property
    def name(self) -> str | None:
        """The last word of `type`: "unknown-job" of "https://.../problems/unknown-job"."""
        if not self.type or self.type == "about:blank":
            return None
        return self.type.rstrip("/#").replace("#", "/").rpartition("/")[2] or None

    def __str__(self) -> str:
        """Title and detail as one line, either alone if the other is missing; may be empty."""
        title, detail = (" ".join((words or "").split()) for words in (self.title, self.detail))
        return f"{title.rstrip('.')}: {detail}" if title and detail else title or detail
