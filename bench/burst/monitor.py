"""A monitor of the upstream's counters and of this machine's load during a burst."""

import os
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from bench.burst.result import BurstResult, Sample, thin

#: Seconds between two samples.
_EVERY = 0.5


@dataclass
class Monitor:
    """Samples the machine, and the stand-ins at `url` if given, until the context ends.

    Entering the context resets their counters and quotas.
    """

    url: str | None
    samples: list[Sample] = field(default_factory=list)
    #: The last response of `/stats`: {"kendra": {...}, "bedrock": {...}}.
    _stats: dict[str, Any] = field(default_factory=dict)
    _busy: float | None = None
    _delay: float = 0.0

    def __enter__(self) -> Self:
        self._ended = threading.Event()
        self._http = httpx.Client(base_url=self.url or "", timeout=30)
        if self.url:
            self._http.post("/stats/reset").raise_for_status()
        self._begun = time.monotonic()
        self._cores = _cores()
        self._thread = threading.Thread(target=self._sample_regularly, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()
        before, now = self._cores, _cores()
        if before and now:
            self._busy = (now[0] - before[0]) / max(now[1] - before[1], 1)
        if kind is None:
            self._sample()
        self._http.close()

    def complete(self, result: BurstResult) -> BurstResult:
        """Add what was monitored to a result; the upstream's counts replace the system's own."""
        result = replace(
            result,
            samples=thin(self.samples),
            busy=self._busy,
            sample_delay=self._delay,
            load=os.getloadavg()[0],
        )
        if not self._stats:
            return result
        kendra, bedrock = self._stats["kendra"], self._stats["bedrock"]
        models = bedrock["models"].values()
        return replace(
            result,
            calls=bedrock["calls"],
            throttled=_throttled(self._stats),
            queries=kendra["retrieve"] + kendra["query"],
            charged=sum(model["tokens_charged"] for model in models),
            largest_minute=max((model["largest_minute"] for model in models), default=0),
        )

    def _sample_regularly(self) -> None:
        due = time.monotonic() + _EVERY
        while not self._ended.wait(max(0.0, due - time.monotonic())):
            self._delay = max(self._delay, time.monotonic() - due)
            self._sample()
            due += _EVERY

    def _sample(self) -> None:
        if not self.url:
            return
        self._stats = self._http.get("/stats").raise_for_status().json()
        answers = self._stats["bedrock"]["answers"]
        seconds = time.monotonic() - self._begun
        self.samples.append(Sample(seconds, answers, _throttled(self._stats)))


def _throttled(stats: dict[str, Any]) -> int:
    return sum(stats[upstream]["throttled_by_quota"] for upstream in ("kendra", "bedrock"))


def _cores() -> tuple[int, int] | None:
    """Ticks for which the cores were busy, and all ticks, since the machine started."""
    stat = Path("/proc/stat")
    if not stat.exists():
        return None
    ticks = [int(word) for word in stat.read_text().splitlines()[0].split()[1:9]]
    idle = ticks[3] + ticks[4]
    return sum(ticks) - idle, sum(ticks)
