"""A batch: up to 100 questions that are accepted together or refused together.

A batch is its jobs and nothing else: its id gives theirs, and it is there as long as they are.
"""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from sluice.job.question import Question

#: What one DynamoDB transaction writes.
MOST_QUESTIONS = 100

CustomId = Annotated[str, StringConstraints(min_length=1, max_length=256)]


class BatchQuestion(Question):
    """A question of a batch. `custom_id` is the caller's own name for it."""

    custom_id: CustomId


class BatchRequest(BaseModel):
    """The body of POST /batches."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    questions: Annotated[list[BatchQuestion], Field(min_length=1, max_length=MOST_QUESTIONS)]

    @field_validator("questions")
    @classmethod
    def _have_names_of_their_own(cls, questions: list[BatchQuestion]) -> list[BatchQuestion]:
        first: dict[str, int] = {}
        for place, question in enumerate(questions):
            if first.setdefault(question.custom_id, place) != place:
                raise ValueError(
                    f"the custom_id of {place} is that of {first[question.custom_id]} too"
                )
        return questions


def job_ids(batch_id: str, count: int = MOST_QUESTIONS) -> list[str]:
    """The ids of a batch's first `count` jobs, in order.

    They are the batch's id with the place in the batch in the 12 bits after the time, which leaves
    62 random ones. So they follow upon each other in a list, and a repeated submission makes none
    that are new.
    """
    bits = UUID(batch_id).int & ~(0xFFF << 64)
    return [str(UUID(int=bits | place << 64)) for place in range(count)]
