"""Applies faults and the quota to the calls of the search, and counts them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import Receive

from local.conditions import Conditions
from local.disconnect import wait_for_disconnect
from local.faults import Fault, FaultInjector
from local.kendra.errors import ServiceError
from local.quota import Bucket, Clock
from local.traffic import Traffic

_THROTTLED = (
    "ThrottlingException",
    "The request was denied due to request throttling. "
    "Please reduce the number of requests and try again.",
    400,
)
_FAULT_ERRORS = {
    Fault.THROTTLE: _THROTTLED,
    Fault.UNAVAILABLE: ("ServiceUnavailableException", "The service is unavailable.", 503),
    Fault.ERROR: (
        "InternalServerException",
        "An issue occurred with the internal server used for your Amazon Kendra service.",
        500,
    ),
}


class ClientGone(Exception):
    """The client of a call that a `timeout` fault left unanswered has disconnected."""


class Admission:
    """Decides which calls reach the search. For one event loop; `clock` returns seconds."""

    def __init__(self, conditions: Conditions, clock: Clock) -> None:
        self._conditions = conditions
        self._clock = clock
        self.traffic = Traffic(clock)
        self.reset()

    def reset(self) -> None:
        """Start again: full quotas, zero counts, the first random fault of the seed."""
        self.traffic.reset()
        self._buckets: dict[str, Bucket] = {}
        conditions = self._conditions
        self._injector = FaultInjector(conditions.kendra_faults, f"{conditions.seed}:kendra")

    @asynccontextmanager
    async def admit(self, index: str, receive: Receive) -> AsyncIterator[None]:
        """Admit a call after its latency. Raises ServiceError or ClientGone."""
        fate = self._injector.draw()
        counts = self.traffic.counts
        if fate.fault in _FAULT_ERRORS:
            if fate.fault is Fault.THROTTLE:
                counts.throttled_by_fault += 1
            else:
                counts.failed_by_fault += 1
            raise ServiceError(*_FAULT_ERRORS[fate.fault])
        if not self._has_room(index):
            counts.throttled_by_quota += 1
            raise ServiceError(*_THROTTLED)
        with self.traffic.calling():
            if fate.fault is Fault.TIMEOUT:
                counts.failed_by_fault += 1
                await wait_for_disconnect(receive)
                raise ClientGone
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
