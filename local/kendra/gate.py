"""What a call passes on its way to the search: its fate, the index's quota, and the counters."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import Receive

from local.conditions import Conditions
from local.faults import Fates, Fault
from local.kendra.refusal import Refusal
from local.quota import Bucket, Clock
from local.traffic import Traffic

_THROTTLED = (
    "ThrottlingException",
    "The request was denied due to request throttling. "
    "Please reduce the number of requests and try again.",
    400,
)
_REFUSALS = {
    Fault.THROTTLE: _THROTTLED,
    Fault.UNAVAILABLE: ("ServiceUnavailableException", "The service is unavailable.", 503),
    Fault.ERROR: (
        "InternalServerException",
        "An issue occurred with the internal server used for your Amazon Kendra service.",
        500,
    ),
}


class ClientGone(Exception):
    """A call that was not to be answered has been given up by its client."""


class Gate:
    """The way to the search, for one event loop. `clock` gives seconds and never goes back."""

    def __init__(self, conditions: Conditions, clock: Clock) -> None:
        self._conditions = conditions
        self._clock = clock
        self.traffic = Traffic(clock)
        self.reset()

    def reset(self) -> None:
        """Start anew: full quotas, no counts, the seed's first fate."""
        self.traffic.reset()
        self._buckets: dict[str, Bucket] = {}
        conditions = self._conditions
        self._fates = Fates(conditions.kendra_faults, f"{conditions.seed}:kendra")

    @asynccontextmanager
    async def passing(self, index: str, receive: Receive) -> AsyncIterator[None]:
        """Let a call in, after its latency. Raises Refusal or ClientGone."""
        fate = self._fates.draw()
        counts = self.traffic.counts
        if fate.fault in _REFUSALS:
            if fate.fault is Fault.THROTTLE:
                counts.throttled_by_fault += 1
            else:
                counts.failed_by_fault += 1
            raise Refusal(*_REFUSALS[fate.fault])
        if not self._has_room(index):
            counts.throttled_by_quota += 1
            raise Refusal(*_THROTTLED)
        with self.traffic.calling():
            if fate.fault is Fault.TIMEOUT:
                counts.failed_by_fault += 1
                await _until_gone(receive)
            if fate.seconds:
                await asyncio.sleep(fate.seconds)
            yield
            self.traffic.answered()

    def _has_room(self, index: str) -> bool:
        quotas = self._conditions.quotas
        per_second = quotas.queries
        if not per_second:
            return True
        if index not in self._buckets:
            burst = quotas.burst or max(1.0, per_second)
            self._buckets[index] = Bucket(burst, per_second, self._clock)
        return self._buckets[index].reserve(1) is not None


async def _until_gone(receive: Receive) -> None:
    """Wait for the client to hang up; its request must have been received."""
    while (await receive())["type"] != "http.disconnect":
        pass
    raise ClientGone
