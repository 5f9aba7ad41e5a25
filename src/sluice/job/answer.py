"""The answer: its text, and the citations in it."""

from pydantic import BaseModel, ConfigDict

#: What the answer says when the documents hold nothing; no model is asked.
NOTHING_FOUND = "I found nothing about this in the documents, so I cannot answer it."


class Citation(BaseModel):
    """The span [start, end) of `Answer.text`, in Unicode code points, that cites a source."""

    model_config = ConfigDict(frozen=True)

    start: int
    end: int
    source: int


class Answer(BaseModel):
    """An answer. `grounded` says that it cites at least one retrieved passage."""

    model_config = ConfigDict(frozen=True)

    text: str
    citations: list[Citation] = []
    grounded: bool = False
    #: The model ran out of its output tokens in the middle.
    truncated: bool = False
