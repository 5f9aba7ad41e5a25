"""Idempotency keys: the same request, sent again, finds what it made the first time.

A key is claimed for an id before anything is made under that id. Whoever comes second, also at
the same instant or after a crash, gets the first one's id and brings its work to the same end.
"""

import hashlib
import json
from dataclasses import dataclass

from pydantic import BaseModel

from sluice.clock import Clock
from sluice.errors import KeyReused
from sluice.job.job import JobKey
from sluice.ports import IdempotencyRecord, IdempotencyStore

#: Seconds that a key is remembered.
_REMEMBERED = 86_400


@dataclass(frozen=True)
class IdempotencyKeys:
    """Remembers callers' idempotency keys."""

    claims: IdempotencyStore
    clock: Clock

    def claim(self, caller: str, key: str, request: BaseModel, new_id: str) -> str:
        """The id that this request's work is to be done under: `new_id`, or the first one's.

        Raises KeyReused if the key came with another request.
        """
        mine = IdempotencyRecord(_fingerprint(request), new_id)
        kept = self._claim(caller, f"key {key}", mine)
        if kept.fingerprint != mine.fingerprint:
            raise KeyReused("This Idempotency-Key came with another body; send a new key.")
        return kept.made

    def claim_retry(self, failed: JobKey, new_id: str) -> str:
        """The id that a failed job is asked again under."""
        return self._claim(
            failed.caller, f"retry {failed.job_id}", IdempotencyRecord("", new_id)
        ).made

    def _claim(self, caller: str, key: str, claim: IdempotencyRecord) -> IdempotencyRecord:
        now = self.clock.time()
        return self.claims.claim(caller, key, claim, until=now + _REMEMBERED, now=now)


def _fingerprint(request: BaseModel) -> str:
    """What a request asks for, however its JSON was written."""
    body = json.dumps(request.model_dump(mode="json"), sort_keys=True)
    return hashlib.sha256(f"{type(request).__name__} {body}".encode()).hexdigest()
