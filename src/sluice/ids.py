"""Job ids: UUIDv7 (RFC 9562), so that ids sort by the time they were made."""

import re
import secrets
from uuid import UUID

from sluice.errors import InvalidId

#: What `new_job_id` makes; batches have such ids too.
JOB_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")

#: Jobs of a batch: what one DynamoDB transaction writes.
MOST_QUESTIONS = 100


def new_job_id(epoch_seconds: float) -> str:
    """A new id: 48 bits of milliseconds, then 74 random bits, so nobody guesses another's."""
    milliseconds = int(epoch_seconds * 1000) & 0xFFFF_FFFF_FFFF
    bits = milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64
    return str(UUID(int=bits | 0b10 << 62 | secrets.randbits(62)))


def new_attempt_id() -> str:
    """A name for one execution of one job; whoever holds it may write to the job."""
    return secrets.token_hex(8)


def is_job_id(text: str) -> bool:
    """Whether `text` has the one form that `new_job_id` gives."""
    return JOB_ID.fullmatch(text) is not None


def checked_id(text: str) -> str:
    """The id of a job or a batch. Raises InvalidId if it can be none."""
    if not is_job_id(text):
        raise InvalidId("An id looks like 01980a3e-5b1c-7c3d-9e2f-0123456789ab.")
    return text


def job_ids(batch_id: str, count: int = MOST_QUESTIONS) -> list[str]:
    """The ids of a batch's first `count` jobs, in order.

    They are the batch's id with the place in the batch in the 12 bits after the time, which leaves
    62 random ones. So they follow upon each other in a list, and a repeated submission makes none
    that are new.
    """
    bits = UUID(batch_id).int & ~(0xFFF << 64)
    return [str(UUID(int=bits | place << 64)) for place in range(count)]
