"""JobPage: one page of a caller's jobs, newest first."""

from dataclasses import dataclass, field
from typing import Any, Self

from sluice_client.api import fields
from sluice_client.api.job import Job


@dataclass(frozen=True)
class JobPage:
    """Some jobs, and the cursor of the next page: None on the last page."""

    jobs: tuple[Job, ...]
    next_cursor: str | None = None
    raw: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Self:
        return cls(
            jobs=tuple(map(Job.from_json, fields.json_objects(raw, "jobs"))),
            next_cursor=fields.string(raw, "next_cursor") or None,
            raw=raw,
        )
