"""SQS as hard on its users as it may be: any order, more than once, old receipts still work."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

from sluice.job.job import JobKey, Lane
from sluice.ports import Delivery
from tests.fakes import FakeClock

#: Seconds that a message is invisible on receipt, as template.yaml has it.
_VISIBILITY = 300


@dataclass(frozen=True)
class Message:
    key: JobKey
    lane: Lane
    visible_at: float
    receives: int = 0


class Mail:
    """A Queue whose messages a test delivers."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self._numbers = count(1)
        self.messages: dict[str, Message] = {}

    def send(self, keys: Sequence[JobKey], lane: Lane) -> None:
        for key in keys:
            self.messages[f"m{next(self._numbers)}"] = Message(key, lane, self._clock.now)

    def hold(self, delays: Mapping[Delivery, int]) -> None:
        for delivery, seconds in delays.items():
            if message := self.messages.get(delivery.message_id):
                later = replace(message, visible_at=self._clock.now + seconds)
                self.messages[delivery.message_id] = later

    def bury(self, delivery: Delivery, reason: str) -> None:
        raise AssertionError(f"every message can be read, but {reason}: {delivery.body}")

    def visible(self) -> list[str]:
        now = self._clock.now
        return [name for name, each in self.messages.items() if each.visible_at <= now]

    def deliver(self, name: str) -> Delivery:
        """One receipt, also of a message that is invisible: at least once is not once."""
        message = self.messages[name]
        message = replace(
            message, receives=message.receives + 1, visible_at=self._clock.now + _VISIBILITY
        )
        self.messages[name] = message
        return Delivery(
            message_id=name,
            receipt=f"{name} {message.receives}",
            body=message.key.model_dump_json(),
            lane=message.lane,
            receives=message.receives,
        )

    def acknowledge(self, delivery: Delivery) -> None:
        self.messages.pop(delivery.message_id, None)
