"""The result of one seed, and the results of a run."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.results_file import write_results


@dataclass(frozen=True)
class SeedResult:
    """The numbers and findings of one seed; times are in seconds."""

    seed: int
    lease_seconds: int
    jobs: int
    #: From the start to the last job's end, and until the queues were empty.
    seconds: float
    emptied_after: float
    by_status: Mapping[str, int]
    failed_by_type: Mapping[str, int]
    #: Findings, one text each: all four must be empty.
    lost: list[str]
    changed: list[str]
    duplicated: list[str]
    left: list[str]
    #: Killed processes by function.
    killed: Mapping[str, int]
    #: Workers that were stopped until their leases had lapsed, and then continued.
    frozen: int
    #: Jobs that another worker took over, and those of them whose worker may not have been killed.
    taken_over: int
    lapsed_otherwise: int
    #: From a kill to the start of the next attempt, and to the end of the job.
    restarted_after: list[float]
    ended_after: list[float]
    #: Jobs by their number of attempts, and by their number of leases.
    attempts: Mapping[int, int]
    leases: Mapping[int, int]
    model_calls: int
    kendra_calls: int
    #: The faults of the stand-ins.
    faults: Mapping[str, int]
    #: Why the client retried requests.
    client_retries: Mapping[str, int]
    #: Messages sent a second time, requests sent twice, and ends that watchers received.
    doubled_messages: int
    doubled_requests: int
    told: int
    #: Questions over connections that were refused, by type, and that got no answer.
    refusals: Mapping[str, int]
    unanswered: int
    connections: int
    #: Jobs that were stored, but never confirmed to a caller that had sent no idempotency key.
    unconfirmed: int
    retried: int

    @property
    def is_good(self) -> bool:
        """Whether nothing was found."""
        return not (self.lost or self.changed or self.duplicated or self.left)


@dataclass
class SeedResults:
    """The results of a run, saved to a file after each seed."""

    path: Path
    about: Mapping[str, Any]
    found: list[SeedResult] = field(default_factory=list)

    def add(self, result: SeedResult) -> None:
        """Add a result and save all."""
        self.found.append(result)
        write_results(self.path, self.about, map(asdict, self.found))
