"""Every change of every job item, read from the table's stream.

The stream is enabled before the burst and read after it, so it does not disturb the service.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from bench.chaos.observations import FINAL

#: Records in one response.
_RECORDS = 500
#: Seconds by which the extension of a lease may be late.
_LATE = 1.0


@dataclass(frozen=True)
class State:
    """A job item after one change."""

    status: str
    attempt_id: str
    attempts: int
    lease_until: float
    started_at: float
    finished_at: float
    #: A hash of everything but the watchers.
    content: str

    @property
    def is_final(self) -> bool:
        return self.status in FINAL


@dataclass(frozen=True)
class Recovery:
    """A job that another worker took over after a kill; times are seconds from the kill."""

    job_id: str
    begun: float
    ended: float


class History:
    """The states of each job, in order; None means deleted."""

    def __init__(self, states: Mapping[str, Sequence[State | None]]) -> None:
        self.states = states

    @classmethod
    def read(cls, streams: Any, stream: str) -> "History":
        """Read a stream from its beginning; `streams` is a client of DynamoDB Streams."""
        states: dict[str, list[State | None]] = defaultdict(list)
        for record in _records(streams, stream):
            keys = record["Keys"]
            # Keys of jobs start with a hexadecimal caller; those of all other items start with #.
            if not keys["caller"]["S"].startswith("#"):
                image = record.get("NewImage")
                states[keys["job_id"]["S"]].append(_state(image) if image else None)
        return cls(states)

    def changed_after_end(self) -> list[str]:
        """Jobs that changed after their end, and how."""
        found = []
        for job_id, states in self.states.items():
            for before, after in _steps(states):
                if before and before.is_final and after != before:
                    found.append(f"{job_id}: {before.status} -> {after.status if after else ''}")
        return found

    def leases(self) -> dict[str, int]:
        """How often each job was leased."""
        return {
            job_id: len({state.attempt_id for state in states if state} - {""})
            for job_id, states in self.states.items()
        }

    def taken_over(self) -> Iterator[tuple[str, State, State]]:
        """Jobs that another worker took over: the id, and the states before and after."""
        for job_id, states in self.states.items():
            for before, after in _steps(states):
                if not (before and after) or before.status != "in_progress":
                    continue
                if after.attempt_id != before.attempt_id:
                    yield job_id, before, after

    def recoveries(
        self, kills: Sequence[float], freezes: Sequence[float], lease_seconds: float
    ) -> list[Recovery]:
        """The jobs that were taken over because of a kill. Times are in seconds since 1970.

        A lease is extended at each third of its length, so the kill fell into one such third.
        If several did, the first one counts, which gives the longest time.
        Jobs whose worker may have been frozen, not killed, are left out.
        """
        found = []
        for job_id, before, after in self.taken_over():
            extended = before.lease_until - lease_seconds
            latest = extended + lease_seconds / 3 + _LATE

            def may_be(at: float, first: float = extended, last: float = latest) -> bool:
                return first <= at <= last

            killed = [] if any(map(may_be, freezes)) else [at for at in kills if may_be(at)]
            last = self.states[job_id][-1]
            if killed and last and last.finished_at:
                at = min(killed)
                found.append(Recovery(job_id, after.started_at - at, last.finished_at - at))
        return found

    def of(self, job_id: str) -> list[dict[str, Any]]:
        """The states of one job, for the evidence."""
        return [vars(state) if state else {} for state in self.states.get(job_id, [])]


def record_changes(dynamodb: Any, table: str) -> str:
    """Enable a table's stream; returns its ARN."""
    changed = dynamodb.update_table(
        TableName=table,
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    stream: str = changed["TableDescription"]["LatestStreamArn"]
    return stream


def _records(streams: Any, stream: str) -> Iterator[dict[str, Any]]:
    for shard in streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"]:
        place = streams.get_shard_iterator(
            StreamArn=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        while place:
            page = streams.get_records(ShardIterator=place, Limit=_RECORDS)
            for record in page["Records"]:
                yield record["dynamodb"]
            # An open shard has no last page: stop at the first empty one.
            place = page.get("NextShardIterator") if page["Records"] else None


def _steps(states: Sequence[State | None]) -> Iterator[tuple[State | None, State | None]]:
    return pairwise(states)


def _state(image: Mapping[str, Mapping[str, str]]) -> State:
    def number(name: str) -> float:
        return float(image.get(name, {}).get("N", 0))

    def moment(name: str) -> float:
        text = image.get(name, {}).get("S")
        return datetime.fromisoformat(text).timestamp() if text else 0.0

    shown = {name: value for name, value in image.items() if name != "subscribers"}
    return State(
        status=image["status"]["S"],
        attempt_id=image.get("attempt_id", {}).get("S", ""),
        attempts=int(number("attempts")),
        lease_until=number("lease_until"),
        started_at=moment("started_at"),
        finished_at=moment("finished_at"),
        content=hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()[:16],
    )
