"""Job ids: UUIDv7 (RFC 9562), so that ids sort by the time of their creation."""

import re
import secrets
from uuid import UUID

from sluice.errors import InvalidId

#: The form of the ids of jobs and batches.
JOB_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")

#: The largest number of questions in a batch: one DynamoDB transaction writes this many items.
MOST_QUESTIONS = 100


def new_job_id(epoch_seconds: float) -> str:
    """A new id: 48 bits of milliseconds, then 74 random bits, so that nobody can guess one."""
    milliseconds = int(epoch_seconds * 1000) & 0xFFFF_FFFF_FFFF
    bits = milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64
    return str(UUID(int=bits | 0b10 << 62 | secrets.randbits(62)))


def new_attempt_id() -> str:
    """A random id for one attempt at a job. Only the attempt that the job names may write to it."""
    return secrets.token_hex(8)


def is_job_id(text: str) -> bool:
    """Whether `text` has the form of the ids that `new_job_id` makes."""
    return JOB_ID.fullmatch(text) is not None


def checked_id(text: str) -> str:
    """`text`, which is the id of a job or a batch. Raises InvalidId if it cannot be one."""
    if not is_job_id(text):
        raise InvalidId("An id looks like 01980a3e-5b1c-7c3d-9e2f-0123456789ab.")
    return text


def job_ids(batch_id: str, count: int = MOST_QUESTIONS) -> list[str]:
    """The ids of the first `count` jobs of a batch, in order.

    Each is the batch's id with the job's place in the batch in the 12 bits after the time.
    62 random bits remain.
    So a batch's jobs are neighbours in a list, and a repeated submission gets the same ids.
    """
    bits = UUID(batch_id).int & ~(0xFFF << 64)
    return [str(UUID(int=bits | place << 64)) for place in range(count)]
