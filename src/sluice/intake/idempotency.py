"""Idempotency keys: a repeated request finds what the first one created.

A key is claimed for an id before anything is created under that id.
A second request, at the same instant or after a crash, gets the id of the first one.
It then does what is left to do.
"""

import hashlib
import json
from dataclasses import dataclass

from pydantic import BaseModel

from sluice.clock import Clock
from sluice.errors import KeyReused
from sluice.job.job import JobKey
from sluice.ports import IdempotencyRecord, IdempotencyStore

#: How long a key is remembered, in seconds.
_REMEMBERED = 86_400


@dataclass(frozen=True)
class IdempotencyKeys:
    """Remembers callers' idempotency keys."""

    claims: IdempotencyStore
    clock: Clock

    def claim(self, caller: str, key: str, request: BaseModel, new_id: str) -> str:
        """The id under which to create what this request asks for.

        It is `new_id`, or the id of the first request with this key.
        Raises KeyReused if the key was used with another request.
        """
        mine = IdempotencyRecord(_fingerprint(request), new_id)
        kept = self._claim(caller, f"key {key}", mine)
        if kept.fingerprint != mine.fingerprint:
            raise KeyReused("This Idempotency-Key was used with another body. Send a new key.")
        return kept.made

    def claim_retry(self, failed: JobKey, new_id: str) -> str:
        """The id of the job that retries a failed one: `new_id`, or that of the first retry."""
        return self._claim(
            failed.caller, f"retry {failed.job_id}", IdempotencyRecord("", new_id)
        ).made

    def _claim(self, caller: str, key: str, claim: IdempotencyRecord) -> IdempotencyRecord:
        now = self.clock.time()
        return self.claims.claim(caller, key, claim, until=now + _REMEMBERED, now=now)


def _fingerprint(request: BaseModel) -> str:
    """A hash of the request that does not depend on how its JSON was written."""
    body = json.dumps(request.model_dump(mode="json"), sort_keys=True)
    return hashlib.sha256(f"{type(request).__name__} {body}".encode()).hexdigest()
