"""The queues of the lanes in memory, with the difficult behaviour that SQS may have.

Messages come in any order and more than once, and an old receipt still works.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from sluice.clock import Clock
from sluice.errors import QueueRefused
from sluice.job.job import JobKey, Lane
from sluice.ports import Delivery


@dataclass(frozen=True)
class Message:
    """One message in a queue. `visible_at` is in seconds since 1970."""

    body: str
    lane: Lane
    visible_at: float
    receives: int = 0

    @property
    def key(self) -> JobKey:
        """The job that the message is about."""
        return JobKey.model_validate_json(self.body)


@dataclass(frozen=True)
class DeadLetter:
    """A message that no worker could read, with the reason."""

    body: str
    lane: Lane
    reason: str


@dataclass
class MemoryQueue:
    """A Queue, with `receive` and `acknowledge` in place of Lambda's event source."""

    clock: Clock
    #: Seconds that a received message stays invisible, as in template.yaml.
    visibility_seconds: int = 300
    #: By message id.
    messages: dict[str, Message] = field(default_factory=dict)
    dead_letters: list[DeadLetter] = field(default_factory=list)
    #: Every key sent, and every call of `hold`, in order.
    sent: list[JobKey] = field(default_factory=list)
    held: list[dict[Delivery, int]] = field(default_factory=list)
    #: Whether every call raises QueueRefused.
    refuses: bool = False
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def send(self, keys: Sequence[JobKey], lane: Lane) -> None:
        self._check()
        for key in keys:
            self.sent.append(key)
            message = Message(key.model_dump_json(), lane, self.clock.time())
            self.messages[f"m{next(self._numbers)}"] = message

    def hold(self, delays: Mapping[Delivery, int]) -> None:
        self._check()
        if delays:
            self.held.append(dict(delays))
        for delivery, seconds in delays.items():
            if message := self.messages.get(delivery.message_id):
                later = replace(message, visible_at=self.clock.time() + seconds)
                self.messages[delivery.message_id] = later

    def dead_letter(self, delivery: Delivery, reason: str) -> None:
        self._check()
        self.dead_letters.append(DeadLetter(delivery.body, delivery.lane, reason))

    def visible(self) -> list[str]:
        """The ids of the messages that may be received now."""
        now = self.clock.time()
        return [name for name, each in self.messages.items() if each.visible_at <= now]

    def receive(self, message_id: str) -> Delivery:
        """Deliver a message. It may be invisible: a queue may deliver a message more than once."""
        message = self.messages[message_id]
        message = replace(
            message,
            receives=message.receives + 1,
            visible_at=self.clock.time() + self.visibility_seconds,
        )
        self.messages[message_id] = message
        return Delivery(
            message_id=message_id,
            receipt=f"{message_id} {message.receives}",
            body=message.body,
            lane=message.lane,
            receives=message.receives,
        )

    def acknowledge(self, delivery: Delivery) -> None:
        """Delete a message. Idempotent."""
        self.messages.pop(delivery.message_id, None)

    def _check(self) -> None:
        if self.refuses:
            raise QueueRefused("The queue did not accept the question. Try again soon.")
