"""What stands behind the Bedrock stand-in: a model turns a request into pieces of an answer."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from local.bedrock.converse import ConverseRequest
from local.bedrock.tokens import Usage


@dataclass(frozen=True)
class Delta:
    """A piece of answer text, never empty."""

    text: str


@dataclass(frozen=True)
class End:
    """The last piece: why the model stopped, in Bedrock's words, and what it used."""

    stop_reason: str
    usage: Usage


Piece = Delta | End


class Model(Protocol):
    """A model behind the stand-in. Its answer is any number of deltas and then one end."""

    #: The whole answer is there at once, so the stand-in lets it appear at a model's pace.
    #: A model that takes its own time is passed on as it comes.
    instant: bool

    def answer(self, request: ConverseRequest) -> AsyncGenerator[Piece, None]:
        """Answer a request; closing the generator stops the work.

        Raises ServiceError for what Bedrock would answer with an exception.
        """
        ...
