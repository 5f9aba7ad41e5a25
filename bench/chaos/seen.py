"""What callers were told of ended jobs: the first time, and ever after."""

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

FINAL = frozenset(["completed", "failed", "cancelled"])


@dataclass
class Seen:
    """The first view of each ended job; any later one that differs is noted. For many threads."""

    outcomes: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    #: A later look at an ended job showed something else.
    changed: list[str] = field(default_factory=list)
    #: A watcher was told another end than somebody else.
    told_twice: list[str] = field(default_factory=list)
    _since: dict[str, float] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def look(self, job: Mapping[str, Any], asked_at: float) -> None:
        """A job as the API shows it, asked for at that time of `time.monotonic`."""
        with self._guard:
            if job["status"] in FINAL:
                self._note(job, self.changed)
            # An answer that was on its way when somebody else heard of the end is none.
            elif self._since.get(job["id"], asked_at) < asked_at:
                self.changed.append(f"{job['id']} had ended and is {job['status']}")

    def heard(self, job: Mapping[str, Any]) -> None:
        """An ended job as an event of the WebSocket tells it."""
        with self._guard:
            self._note(job, self.told_twice)

    def _note(self, job: Mapping[str, Any], differing: list[str]) -> None:
        outcome = {name: value for name, value in job.items() if name != "queue"}
        first = self.outcomes.setdefault(job["id"], outcome)
        self._since.setdefault(job["id"], time.monotonic())
        if first != outcome:
            differing.append(f"{job['id']}: {_difference(first, outcome)}")


def _difference(first: Mapping[str, Any], later: Mapping[str, Any]) -> str:
    fields = [name for name in first.keys() | later.keys() if first.get(name) != later.get(name)]
    told = [f"{name} {_short(first.get(name))} -> {_short(later.get(name))}" for name in fields]
    return ", ".join(sorted(told))


def _short(value: Any) -> str:
    return json.dumps(value)[:60]
