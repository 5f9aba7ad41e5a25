"""A batch: up to 100 questions of which all are accepted or none.

A batch is nothing but its jobs. Their ids are derived from its id, and it exists while they do.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from sluice.ids import MOST_QUESTIONS
from sluice.job.question import Question

CustomId = Annotated[str, StringConstraints(min_length=1, max_length=256)]


class BatchQuestion(Question):
    """A question of a batch. `custom_id` is the caller's own name for it, unique in the batch."""

    custom_id: CustomId


class BatchRequest(BaseModel):
    """The body of POST /batches. Unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    questions: Annotated[list[BatchQuestion], Field(min_length=1, max_length=MOST_QUESTIONS)]

    @field_validator("questions")
    @classmethod
    def _have_unique_ids(cls, questions: list[BatchQuestion]) -> list[BatchQuestion]:
        first: dict[str, int] = {}
        for place, question in enumerate(questions):
            other = first.setdefault(question.custom_id, place)
            if other != place:
                raise ValueError(
                    f"each custom_id must be unique, but questions {other} and {place} share one"
                )
        return questions
