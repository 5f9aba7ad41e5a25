"""The dead-letter queue: reading, redriving and discarding its messages.

SQS returns a message only to a receiver, and hides it from others meanwhile. So a command holds the
messages that it works on, and releases at its end those that it has not removed.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from sluice.job.job import Lane
from sluice_ops.aws.client import SQS_ENTRIES, aws_errors
from sluice_ops.aws.stack import Stack
from sluice_ops.exits import OpsError

#: Bytes of a batch request to SQS. Its limit was 256 KB for years, and still is in some regions.
_BATCH_BYTES = 250_000
#: The reason of messages that SQS itself has moved here.
_TOO_OFTEN = "received too often"


@dataclass(frozen=True)
class DeadLetter:
    """One message. `receives` counts every time it was received, this one included."""

    id: str
    body: str
    #: When it was sent, in seconds since 1970.
    sent_at: float
    receives: int
    #: Why it is here; None if neither Sluice nor SQS's redrive policy sent it here.
    reason: str | None
    #: The lane it came from; None if that is not known.
    lane: Lane | None
    receipt: str = field(repr=False)


@dataclass(frozen=True)
class Count:
    """SQS's approximate counts: messages that can be received, and messages that are hidden."""

    waiting: int
    held: int


@dataclass(frozen=True)
class HeldMessages:
    """Messages that this command holds. Unless `complete`, the queue may have more."""

    messages: Sequence[DeadLetter]
    complete: bool


@dataclass(frozen=True)
class Redriven:
    """Numbers of messages: sent again, sent but not removed here, and refused by their queue."""

    sent: int
    not_removed: int
    refused: int


class DeadLetterQueue:
    """A stack's dead-letter queue. Its methods raise OpsError."""

    def __init__(self, stack: Stack) -> None:
        self._sqs = stack.sqs
        self._url = stack.dead_letters
        self._lanes = stack.lanes
        self._removed: set[str] = set()

    def count(self) -> Count:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        with aws_errors():
            found = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=names)
        waiting, held = (int(found["Attributes"].get(name, 0)) for name in names)
        return Count(waiting, held)

    @contextmanager
    def hold(
        self, limit: int, seconds: int, wanted: Collection[str] = ()
    ) -> Iterator[HeldMessages]:
        """Hold up to `limit` messages for at most `seconds`; stop when all `wanted` are found."""
        found: dict[str, DeadLetter] = {}
        try:
            complete = self._receive(found, limit, seconds, set(wanted))
            yield HeldMessages(list(found.values()), complete)
        finally:
            # A message that cannot be released becomes visible by itself.
            with suppress(OpsError):
                self._release([each for each in found.values() if each.id not in self._removed])

    def redrive(self, messages: Sequence[DeadLetter]) -> Redriven:
        """Send messages to the queues of their lanes, and remove from here those that were sent.

        Each must have a lane.
        """
        sent = not_removed = 0
        for lane, url in self._lanes.items():
            of_lane = [message for message in messages if message.lane == lane]
            for batch in _batches(of_lane):
                with _noting(sent, "sent again"):
                    accepted = self._send(url, batch)
                    sent += len(accepted)
                    not_removed += len(accepted) - self._remove(accepted)
        return Redriven(sent, not_removed, len(messages) - sent)

    def discard(self, messages: Sequence[DeadLetter]) -> int:
        """Delete messages. Returns how many were deleted."""
        gone = 0
        for batch in _batches(messages):
            with _noting(gone, "discarded"):
                gone += self._remove(batch)
        return gone

    def _receive(
        self, found: dict[str, DeadLetter], limit: int, seconds: int, wanted: set[str]
    ) -> bool:
        """Fill `found`. Returns whether the queue has no other messages."""
        while len(found) < limit:
            with aws_errors():
                received = self._sqs.receive_message(
                    QueueUrl=self._url,
                    MaxNumberOfMessages=min(SQS_ENTRIES, limit - len(found)),
                    VisibilityTimeout=seconds,
                    # With a wait, SQS asks all of its servers instead of a few.
                    WaitTimeSeconds=1,
                    AttributeNames=["All"],
                    MessageAttributeNames=["reason", "lane"],
                ).get("Messages", [])
            before = len(found)
            for raw in received:
                message = self._message(raw)
                found[message.id] = message
            if len(found) == before:
                return True
            if wanted and wanted <= found.keys():
                return False
        return False

    def _message(self, raw: Mapping[str, Any]) -> DeadLetter:
        system = raw.get("Attributes", {})
        own = raw.get("MessageAttributes", {})
        source = system.get("DeadLetterQueueSourceArn")
        reason = own.get("reason", {}).get("StringValue") or (_TOO_OFTEN if source else None)
        return DeadLetter(
            id=raw["MessageId"],
            body=raw["Body"],
            sent_at=int(system.get("SentTimestamp", 0)) / 1000,
            receives=int(system.get("ApproximateReceiveCount", 0)),
            reason=reason,
            lane=self._lane(own.get("lane", {}).get("StringValue"), source),
            receipt=raw["ReceiptHandle"],
        )

    def _lane(self, named: str | None, source: str | None) -> Lane | None:
        """Return the lane that a worker has noted, or that of the queue the message came from."""
        if named and named in self._lanes:
            return Lane(named)
        # A queue's ARN ends as its URL does: with its name.
        end = "/" + (source or "").rpartition(":")[2]
        return next((lane for lane, url in self._lanes.items() if url.endswith(end)), None)

    def _send(self, url: str, messages: Sequence[DeadLetter]) -> list[DeadLetter]:
        """Return those that the queue accepted."""
        entries = [
            {"Id": str(place), "MessageBody": message.body} | _group(message)
            for place, message in enumerate(messages)
        ]
        with aws_errors():
            sent = self._sqs.send_message_batch(QueueUrl=url, Entries=entries)
        return [messages[int(entry["Id"])] for entry in sent.get("Successful", [])]

    def _remove(self, messages: Sequence[DeadLetter]) -> int:
        """Return how many were removed."""
        if not messages:
            return 0
        with aws_errors():
            deleted = self._sqs.delete_message_batch(
                QueueUrl=self._url, Entries=_receipts(messages)
            )
        gone = [messages[int(entry["Id"])].id for entry in deleted.get("Successful", [])]
        self._removed.update(gone)
        return len(gone)

    def _release(self, messages: Sequence[DeadLetter]) -> None:
        for batch in _batches(messages):
            entries = [entry | {"VisibilityTimeout": 0} for entry in _receipts(batch)]
            with aws_errors():
                self._sqs.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)


def _receipts(messages: Sequence[DeadLetter]) -> list[dict[str, Any]]:
    return [
        {"Id": str(place), "ReceiptHandle": message.receipt}
        for place, message in enumerate(messages)
    ]


def _group(message: DeadLetter) -> dict[str, str]:
    """Return the caller as MessageGroupId, by which SQS's fair queues distinguish callers."""
    try:
        caller = json.loads(message.body).get("caller")
    except (ValueError, AttributeError, RecursionError):
        return {}
    is_caller = isinstance(caller, str) and caller.isascii() and caller.isalnum()
    return {"MessageGroupId": caller} if is_caller and len(caller) <= 128 else {}


def _batches(messages: Sequence[DeadLetter]) -> Iterator[list[DeadLetter]]:
    batch: list[DeadLetter] = []
    size = 0
    for message in messages:
        length = len(message.body.encode())
        if batch and (len(batch) == SQS_ENTRIES or size + length > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(message)
        size += length
    if batch:
        yield batch


@contextmanager
def _noting(number: int, done: str) -> Iterator[None]:
    """Add to an error what was done before it."""
    try:
        yield
    except OpsError as error:
        if number:
            error.add_note(f"{number:,} were {done} before that.")
        raise
