"""What callers have observed of ended jobs, and what contradicts the first observation."""

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

FINAL = frozenset(["completed", "failed", "cancelled"])


@dataclass
class Observations:
    """The first view of each ended job, and every later view that differs. For many threads."""

    first_views: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    #: Jobs that a later poll showed differently.
    changed: list[str] = field(default_factory=list)
    #: Jobs of which a watcher received another end.
    told_twice: list[str] = field(default_factory=list)
    _since: dict[str, float] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def look(self, job: Mapping[str, Any], asked_at: float) -> None:
        """Record a job as the API shows it; `asked_at` is the request's `time.monotonic`."""
        with self._guard:
            if job["status"] in FINAL:
                self._compare(job, self.changed)
            # A response may have been on its way when somebody else learnt of the end.
            elif self._since.get(job["id"], asked_at) < asked_at:
                self.changed.append(f"{job['id']} had ended and is {job['status']}")

    def heard(self, job: Mapping[str, Any]) -> None:
        """Record an ended job as an event of the WebSocket shows it."""
        with self._guard:
            self._compare(job, self.told_twice)

    def _compare(self, job: Mapping[str, Any], differing: list[str]) -> None:
        view = {name: value for name, value in job.items() if name != "queue"}
        first = self.first_views.setdefault(job["id"], view)
        self._since.setdefault(job["id"], time.monotonic())
        if first != view:
            differing.append(f"{job['id']}: {_difference(first, view)}")


def _difference(first: Mapping[str, Any], later: Mapping[str, Any]) -> str:
    fields = [name for name in first.keys() | later.keys() if first.get(name) != later.get(name)]
    shown = [f"{name} {_short(first.get(name))} -> {_short(later.get(name))}" for name in fields]
    return ", ".join(sorted(shown))


def _short(value: Any) -> str:
    return json.dumps(value)[:60]
