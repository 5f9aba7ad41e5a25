"""Dead letters: the messages that no worker could read, and what can be done with them.

SQS has no way to look at a message but to receive it. So they are held, invisible to others, for
as long as a command looks at them, and whatever it has not removed is let go at its end.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from sluice_client.admin.aws import AdminError, aws
from sluice_client.admin.stack import Stack

#: SQS's limits of a batch request: its entries, and their bytes (it was 256 KB for long).
_BATCH, _BATCH_BYTES = 10, 250_000
#: What stands for the reason when SQS gave up, not a worker.
_TOO_OFTEN = "received too often"


@dataclass(frozen=True)
class DeadLetter:
    """One message. `receives` counts every look at it, this one too; so do its earlier ones."""

    id: str
    body: str
    #: When it was sent, in seconds since 1970.
    sent_at: float
    receives: int
    #: Why it is here; None when somebody else than Sluice put it here.
    reason: str | None
    #: The lane it came from; None when nothing says so.
    lane: str | None
    receipt: str = field(repr=False)


@dataclass(frozen=True)
class Count:
    """What SQS counts, approximately: those to be had, and those that somebody holds."""

    waiting: int
    held: int


@dataclass(frozen=True)
class Hand:
    """Letters that are held. Without `all`, there may be more."""

    letters: Sequence[DeadLetter]
    all: bool


@dataclass(frozen=True)
class Redriven:
    """How many were sent again; of these, how many could not be removed here; the others."""

    sent: int
    twice: int
    refused: int


class DeadLetterQueue:
    """A stack's dead-letter queue. Its methods raise AdminError."""

    def __init__(self, stack: Stack) -> None:
        self._sqs = stack.sqs
        self._url = stack.dead_letters
        self._lanes = stack.lanes
        self._removed: set[str] = set()

    def count(self) -> Count:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        with aws():
            found = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=names)
        waiting, held = (int(found["Attributes"].get(name, 0)) for name in names)
        return Count(waiting, held)

    @contextmanager
    def hold(self, limit: int, seconds: int, wanted: Collection[str] = ()) -> Iterator[Hand]:
        """Hold up to `limit` letters, for at most that long; stop when those wanted are found."""
        found: dict[str, DeadLetter] = {}
        try:
            complete = self._receive(found, limit, seconds, set(wanted))
            yield Hand(list(found.values()), complete)
        finally:
            # What cannot be let go comes back by itself.
            with suppress(AdminError):
                self._release([letter for letter in found.values() if not self._is_gone(letter)])

    def redrive(self, letters: Sequence[DeadLetter]) -> Redriven:
        """Send letters, each of which has a lane, to its queue, and remove what was sent."""
        sent = twice = 0
        for lane, url in self._lanes.items():
            of_lane = [letter for letter in letters if letter.lane == lane]
            for batch in _batches(of_lane):
                with _so_far(sent, "sent again"):
                    accepted = self._send(url, batch)
                    sent += len(accepted)
                    twice += len(accepted) - self._remove(accepted)
        return Redriven(sent, twice, len(letters) - sent)

    def discard(self, letters: Sequence[DeadLetter]) -> int:
        """Remove letters for ever; how many are gone."""
        gone = 0
        for batch in _batches(letters):
            with _so_far(gone, "discarded"):
                gone += self._remove(batch)
        return gone

    def _receive(
        self, found: dict[str, DeadLetter], limit: int, seconds: int, wanted: set[str]
    ) -> bool:
        """Whether these are all."""
        while len(found) < limit:
            with aws():
                received = self._sqs.receive_message(
                    QueueUrl=self._url,
                    MaxNumberOfMessages=min(_BATCH, limit - len(found)),
                    VisibilityTimeout=seconds,
                    # Without waiting, SQS looks at some of its servers only.
                    WaitTimeSeconds=1,
                    AttributeNames=["All"],
                    MessageAttributeNames=["reason", "lane"],
                ).get("Messages", [])
            before = len(found)
            for message in received:
                letter = self._letter(message)
                found[letter.id] = letter
            if len(found) == before:
                return True
            if wanted and wanted <= found.keys():
                return False
        return False

    def _letter(self, message: Mapping[str, Any]) -> DeadLetter:
        system = message.get("Attributes", {})
        own = message.get("MessageAttributes", {})
        source = system.get("DeadLetterQueueSourceArn")
        reason = own.get("reason", {}).get("StringValue") or (_TOO_OFTEN if source else None)
        return DeadLetter(
            id=message["MessageId"],
            body=message["Body"],
            sent_at=int(system.get("SentTimestamp", 0)) / 1000,
            receives=int(system.get("ApproximateReceiveCount", 0)),
            reason=reason,
            lane=self._lane(own.get("lane", {}).get("StringValue"), source),
            receipt=message["ReceiptHandle"],
        )

    def _lane(self, told: str | None, source: str | None) -> str | None:
        """The lane a worker wrote down, or that of the queue that SQS took it from."""
        if told in self._lanes:
            return told
        # A queue's ARN ends as its URL does: with its name.
        name = (source or "").rpartition(":")[2]
        return next((lane for lane, url in self._lanes.items() if url.endswith(f"/{name}")), None)

    def _send(self, url: str, letters: Sequence[DeadLetter]) -> list[DeadLetter]:
        entries = [
            {"Id": str(place), "MessageBody": letter.body} | _group(letter)
            for place, letter in enumerate(letters)
        ]
        with aws():
            sent = self._sqs.send_message_batch(QueueUrl=url, Entries=entries)
        return [letters[int(entry["Id"])] for entry in sent.get("Successful", [])]

    def _remove(self, letters: Sequence[DeadLetter]) -> int:
        if not letters:
            return 0
        entries = [
            {"Id": str(place), "ReceiptHandle": letter.receipt}
            for place, letter in enumerate(letters)
        ]
        with aws():
            told = self._sqs.delete_message_batch(QueueUrl=self._url, Entries=entries)
        gone = [letters[int(entry["Id"])].id for entry in told.get("Successful", [])]
        self._removed.update(gone)
        return len(gone)

    def _release(self, letters: Sequence[DeadLetter]) -> None:
        for batch in _batches(letters):
            entries = [
                {"Id": str(place), "ReceiptHandle": letter.receipt, "VisibilityTimeout": 0}
                for place, letter in enumerate(batch)
            ]
            with aws():
                self._sqs.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)

    def _is_gone(self, letter: DeadLetter) -> bool:
        return letter.id in self._removed


def _group(letter: DeadLetter) -> dict[str, str]:
    """The caller of a job key, by which SQS's fair queues tell callers apart."""
    try:
        caller = json.loads(letter.body).get("caller")
    except (ValueError, AttributeError, RecursionError):
        return {}
    is_caller = isinstance(caller, str) and caller.isascii() and caller.isalnum()
    return {"MessageGroupId": caller} if is_caller and len(caller) <= 128 else {}


def _batches(letters: Sequence[DeadLetter]) -> Iterator[list[DeadLetter]]:
    batch: list[DeadLetter] = []
    size = 0
    for letter in letters:
        length = len(letter.body.encode())
        if batch and (len(batch) == _BATCH or size + length > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(letter)
        size += length
    if batch:
        yield batch


@contextmanager
def _so_far(number: int, done: str) -> Iterator[None]:
    """Say with a failure in the middle what was done before it."""
    try:
        yield
    except AdminError as error:
        if number:
            error.add_note(f"{number:,} were {done} before that.")
        raise
