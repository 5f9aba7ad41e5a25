"""The interface of a model: it turns a request into pieces of an answer."""

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
    """The last piece: Bedrock's stop reason, and the usage."""

    stop_reason: str
    usage: Usage


Piece = Delta | End


class Model(Protocol):
    """A model of the stand-in. Its answer is any number of deltas, then one end."""

    #: Whether the whole answer is ready at once. If so, the stand-in sends it at a set speed.
    instant: bool

    def answer(self, request: ConverseRequest) -> AsyncGenerator[Piece, None]:
        """Yield the answer's pieces. Closing the generator stops the work. Raises ServiceError."""
        ...
