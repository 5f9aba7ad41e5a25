"""Ask: a question on its way, for the first time or again. Bundle: asks that travel together."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar, cast

from sluice_client.api.question import BatchQuestion
from sluice_client.burst.input_line import digest

#: What one batch of the service takes. In bytes of JSON it takes more, but stays small enough to
#: be sent again without regret.
MOST_QUESTIONS, _MOST_BYTES = 100, 1_000_000

#: Changes whenever the same input is to be sent otherwise than before.
_VERSION = "burst-1"

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Ask:
    """A question and which time it is asked: 1, and one more for each --retry-failed."""

    question: dict[str, Any]
    round: int = 1

    @property
    def custom_id(self) -> str:
        """Its name in the input."""
        return str(self.question["custom_id"])

    @cached_property
    def digest(self) -> str:
        """What tells it from another question under the same name."""
        return digest(self.question)


@dataclass(frozen=True)
class Bundle:
    """Asks that are sent as one batch, under a key that depends on nothing else."""

    asks: tuple[Ask, ...]

    @property
    def questions(self) -> list[BatchQuestion]:
        """What is sent."""
        return [cast("BatchQuestion", ask.question) for ask in self.asks]

    @cached_property
    def key(self) -> str:
        """The idempotency key: whoever asks the same in the same bundle gets the same batch."""
        content = json.dumps([[ask.round, ask.question] for ask in self.asks], sort_keys=True)
        return f"{_VERSION}-{hashlib.sha256(content.encode()).hexdigest()}"


def partition(questions: Iterable[tuple[_Item, dict[str, Any]]]) -> Iterator[list[_Item]]:
    """Share out the input into what may become a bundle each.

    Depends on the whole input and on nothing else: not on what is answered, lest a second run
    make other bundles and with them other keys.
    """
    part: list[_Item] = []
    size = 0
    for item, question in questions:
        length = len(json.dumps(question, ensure_ascii=False).encode())
        if part and (len(part) == MOST_QUESTIONS or size + length > _MOST_BYTES):
            yield part
            part, size = [], 0
        part.append(item)
        size += length
    if part:
        yield part
