"""Every change of every job item, as the table's stream tells it.

The stream is turned on before the burst and only read afterwards: it changes nothing for the
service, and leaves nothing out.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from bench.chaos.seen import FINAL

#: Records of one reading.
_RECORDS = 500
#: Seconds by which the next extension of a lease may have been late.
_LATE = 1.0


@dataclass(frozen=True)
class State:
    """A job item at one time."""

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
    """A job that another worker took over after its own was killed; seconds from the kill."""

    job_id: str
    begun: float
    ended: float


class History:
    """The states of each job, in order; None once it was deleted."""

    def __init__(self, states: Mapping[str, Sequence[State | None]]) -> None:
        self.states = states

    @classmethod
    def read(cls, streams: Any, stream: str) -> "History":
        """Read a stream from its beginning, with a client of DynamoDB Streams."""
        states: dict[str, list[State | None]] = defaultdict(list)
        for record in _records(streams, stream):
            keys = record["Keys"]
            # Callers are hexadecimal; lanes, ledgers, claims and tickets are not.
            if not keys["caller"]["S"].startswith("#"):
                image = record.get("NewImage")
                states[keys["job_id"]["S"]].append(_state(image) if image else None)
        return cls(states)

    def changed_after_end(self) -> list[str]:
        """Ended jobs that became anything else, and what."""
        found = []
        for job_id, states in self.states.items():
            for before, after in _steps(states):
                if before and before.is_final and after != before:
                    found.append(f"{job_id}: {before.status} -> {after.status if after else ''}")
        return found

    def executions(self) -> dict[str, int]:
        """How often each job was leased."""
        return {
            job_id: len({state.attempt_id for state in states if state} - {""})
            for job_id, states in self.states.items()
        }

    def taken_over(self) -> Iterator[tuple[str, State, State]]:
        """Jobs whose lease lapsed: before and after another worker took them."""
        for job_id, states in self.states.items():
            for before, after in _steps(states):
                if not (before and after) or before.status != "in_progress":
                    continue
                if after.attempt_id != before.attempt_id:
                    yield job_id, before, after

    def recoveries(
        self, kills: Sequence[float], freezes: Sequence[float], lease_seconds: float
    ) -> list[Recovery]:
        """What became of the jobs of workers that were killed, and not frozen, at these times.

        A lease is extended three times before it would lapse. Of several kills after the last
        time the first is taken: it took at most so long.
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
        """One job's states, for a person who looks for a cause."""
        return [vars(state) if state else {} for state in self.states.get(job_id, [])]


def record_changes(dynamodb: Any, table: str) -> str:
    """Turn a table's stream on; returns its name."""
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
            # A shard that is still written to has no end but the present.
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
