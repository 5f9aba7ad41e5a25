"""Submission: a question, asked for the first time or again. SubmissionBatch: 1 to 100 of them."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar, cast

from sluice_client.api.question import BatchQuestion
from sluice_client.burst.input_line import digest

#: The most that the service takes in one batch is MOST_QUESTIONS. It takes more than _MOST_BYTES
#: of JSON, but a smaller request costs less to repeat.
MOST_QUESTIONS, _MOST_BYTES = 100, 1_000_000

#: Part of every key. Change it whenever the same input leads to other requests than before.
_VERSION = "burst-1"

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Submission:
    """A question and its round: 1, and one more for each --retry-failed."""

    question: dict[str, Any]
    round: int = 1

    @property
    def custom_id(self) -> str:
        """The name of the question in the input."""
        return str(self.question["custom_id"])

    @cached_property
    def digest(self) -> str:
        """A hash of the question, which changes when the input changes it."""
        return digest(self.question)


@dataclass(frozen=True)
class SubmissionBatch:
    """Submissions that are sent as one batch, under a key that depends only on them."""

    submissions: tuple[Submission, ...]

    @property
    def questions(self) -> list[BatchQuestion]:
        """The questions to send."""
        return [cast("BatchQuestion", one.question) for one in self.submissions]

    @cached_property
    def key(self) -> str:
        """The idempotency key: the same submissions get the same batch of the service."""
        content = [[one.round, one.question] for one in self.submissions]
        text = json.dumps(content, sort_keys=True)
        return f"{_VERSION}-{hashlib.sha256(text.encode()).hexdigest()}"


def partition(questions: Iterable[tuple[_Item, dict[str, Any]]]) -> Iterator[list[_Item]]:
    """Divide the input into parts of which each fits into a batch.

    The parts depend on the whole input only, and not on what is answered already: otherwise a
    second run would make other batches, with other keys.
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
