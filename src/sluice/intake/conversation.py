"""The conversation that a follow-up question belongs to."""

from sluice.errors import Conflict, NotFound
from sluice.job.job import JobKey, Status
from sluice.job.turn import Turn
from sluice.ports import JobStore

#: The number of turns that are kept of a conversation.
_TURNS = 5
#: Characters kept of each answer in a conversation: enough to know what "it" refers to.
_TURN_CHARACTERS = 2_000


def conversation(store: JobStore, caller: str, previous_job_id: str | None) -> list[Turn]:
    """The last turns of the conversation, up to the previous job, oldest first.

    There are none if the question follows up no job.
    Raises NotFound, or Conflict if the previous job has no answer.
    """
    if previous_job_id is None:
        return []
    previous = store.get(JobKey(caller=caller, job_id=previous_job_id))
    if previous is None:
        raise NotFound("previous_job_id: no job of yours has this id, or it has expired.")
    if previous.status is not Status.COMPLETED or previous.answer is None:
        raise Conflict(f"previous_job_id: must be a completed job; this one is {previous.status}.")
    last = Turn(question=previous.question, answer=previous.answer.text[:_TURN_CHARACTERS])
    return [*previous.turns, last][-_TURNS:]
