"""Idempotency keys in memory."""

import threading

from sluice.ports import IdempotencyRecord


class MemoryIdempotencyStore:
    """An IdempotencyStore in a dictionary."""

    def __init__(self) -> None:
        self._claims: dict[tuple[str, str], tuple[IdempotencyRecord, float]] = {}
        self._guard = threading.Lock()

    def claim(
        self, caller: str, key: str, claim: IdempotencyRecord, *, until: float, now: float
    ) -> IdempotencyRecord:
        with self._guard:
            kept, end = self._claims.get((caller, key), (claim, 0.0))
            if now < end:
                return kept
            self._claims[caller, key] = (claim, until)
            return claim
