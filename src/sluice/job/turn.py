"""A turn of a conversation."""

from pydantic import BaseModel, ConfigDict


class Turn(BaseModel):
    """One question of a conversation and the answer it got."""

    model_config = ConfigDict(frozen=True)

    question: str
    answer: str
