"""The conversation that a follow-up brings along."""

from sluice.errors import Conflict, NotFound
from sluice.job.job import JobKey, Status
from sluice.job.turn import Turn
from sluice.ports import JobStore

#: How much of a conversation a follow-up brings along.
_TURNS = 5
#: An answer's part in a conversation, in characters: enough to know what "it" is.
_TURN_CHARACTERS = 2_000


def conversation(store: JobStore, caller: str, previous_job_id: str | None) -> list[Turn]:
    """The last turns up to that job, oldest first; none for a question of its own.

    Raises NotFound, or Conflict if that job has no answer.
    """
    if previous_job_id is None:
        return []
    previous = store.get(JobKey(caller=caller, job_id=previous_job_id))
    if previous is None:
        raise NotFound("previous_job_id names no job of yours, or one that has expired.")
    if previous.status is not Status.COMPLETED or previous.answer is None:
        raise Conflict(f"The previous job is {previous.status}; a follow-up needs a completed one.")
    last = Turn(question=previous.question, answer=previous.answer.text[:_TURN_CHARACTERS])
    return [*previous.turns, last][-_TURNS:]
