"""A batch: up to 100 questions that are accepted together or refused together.

A batch is its jobs and nothing else: its id gives theirs, and it is there as long as they are.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from sluice.ids import MOST_QUESTIONS
from sluice.job.question import Question

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
