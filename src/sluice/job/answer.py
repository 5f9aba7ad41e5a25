"""The answer: its text, and the citations in it."""

from pydantic import BaseModel, ConfigDict

#: The answer if no passage is found. No model is asked then.
NOTHING_FOUND = "I found nothing about this in the documents, so I cannot answer it."


class Citation(BaseModel):
    """A span of the answer's text that cites a source.

    It is counted in Unicode code points, and `end` is exclusive.
    """

    model_config = ConfigDict(frozen=True)

    start: int
    end: int
    source: int


class Answer(BaseModel):
    """An answer. `grounded` is true if it cites at least one source."""

    model_config = ConfigDict(frozen=True)

    text: str
    citations: list[Citation] = []
    grounded: bool = False
    #: The model ran out of output tokens before it finished.
    truncated: bool = False
