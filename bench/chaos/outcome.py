"""What became of one burst."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """One seed's numbers; times are in seconds."""

    seed: int
    lease_seconds: int
    jobs: int
    #: From the start to the last job's end, and until nothing was left in the queues.
    seconds: float
    emptied: float
    by_status: Mapping[str, int]
    failed_by_type: Mapping[str, int]
    #: Each of these should be empty; the entries say what was found.
    lost: list[str]
    changed: list[str]
    duplicated: list[str]
    left: list[str]
    #: Processes that were killed, by whose they were.
    killed: Mapping[str, int]
    #: Workers that were stopped until their leases had lapsed, and went on.
    frozen: int
    #: Jobs that another worker took over, and of those the ones whose worker may not have been
    #: killed.
    taken_over: int
    lapsed_otherwise: int
    #: From a kill to the next attempt's begin, and to the end of the job.
    begun_after: list[float]
    ended_after: list[float]
    #: Jobs by their number of attempts, and by how often they were leased.
    attempts: Mapping[int, int]
    executions: Mapping[int, int]
    model_calls: int
    kendra_calls: int
    #: What the stand-ins did wrong on purpose.
    faults: Mapping[str, int]
    #: What made the caller ask again.
    troubles: Mapping[str, int]
    #: Messages sent a second time, requests sent twice, ends that watchers were told.
    doubled_messages: int
    doubled_requests: int
    told: int
    #: Questions asked over connections that were refused, by type, or not answered.
    refusals: Mapping[str, int]
    unheard: int
    connections: int
    #: Jobs that were stored but never confirmed to their caller, who had sent no key.
    unconfirmed: int
    retried: int

    @property
    def is_good(self) -> bool:
        return not (self.lost or self.changed or self.duplicated or self.left)


@dataclass
class Outcomes:
    """The outcomes of a run, kept in a file as they come."""

    path: Path
    about: Mapping[str, Any]
    found: list[Outcome] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        self.found.append(outcome)
        kept = {"about": self.about, "outcomes": [asdict(each) for each in self.found]}
        beside = self.path.with_suffix(".tmp")
        beside.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        os.replace(beside, self.path)  # noqa: PTH105 - whole or not at all
