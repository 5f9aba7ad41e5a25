"""Queue: the same facts in memory and on SQS."""

from collections.abc import Iterator
from typing import Any, Protocol

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from adapters.memory.clock import ManualClock
from adapters.memory.queue import MemoryQueue
from adapters.sqs import SqsQueue
from sluice.errors import QueueRefused
from sluice.job.job import JobKey, Lane
from sluice.ports import Delivery, Queue

KEY = JobKey(caller="ann", job_id="1")


class Backend(Protocol):
    """A queue, with the means to read its messages."""

    queue: Queue

    def receive(self, lane: Lane = Lane.INTERACTIVE) -> list[Delivery]:
        """Return all messages of the lane that can be received now."""

    def delete(self, delivery: Delivery) -> None: ...

    def dead_letters(self) -> list[tuple[str, str, str]]:
        """Return body, lane and reason of each."""

    def break_down(self) -> Queue:
        """Return a queue whose service does not answer."""


class InMemory:
    def __init__(self) -> None:
        self.queue = MemoryQueue(ManualClock())

    def receive(self, lane: Lane = Lane.INTERACTIVE) -> list[Delivery]:
        names = [name for name in self.queue.visible() if self.queue.messages[name].lane is lane]
        return [self.queue.receive(name) for name in names]

    def delete(self, delivery: Delivery) -> None:
        self.queue.acknowledge(delivery)

    def dead_letters(self) -> list[tuple[str, str, str]]:
        return [(each.body, str(each.lane), each.reason) for each in self.queue.dead_letters]

    def break_down(self) -> Queue:
        self.queue.refuses = True
        return self.queue


class OnSqs:
    def __init__(self) -> None:
        self._client: Any = boto3.client("sqs")
        names = {Lane.INTERACTIVE: "jobs", Lane.BULK: "bulk"}
        self._urls = {lane: self._create(name) for lane, name in names.items()}
        self._dead = self._create("dead")
        self.queue = SqsQueue(self._client, self._urls, self._dead)

    def _create(self, name: str) -> str:
        return str(self._client.create_queue(QueueName=name)["QueueUrl"])

    def receive(self, lane: Lane = Lane.INTERACTIVE) -> list[Delivery]:
        found: list[Delivery] = []
        while messages := self._messages(self._urls[lane]):
            found += [
                Delivery(each["MessageId"], each["ReceiptHandle"], each["Body"], lane, 1)
                for each in messages
            ]
        return found

    def delete(self, delivery: Delivery) -> None:
        self._client.delete_message(
            QueueUrl=self._urls[delivery.lane], ReceiptHandle=delivery.receipt
        )

    def dead_letters(self) -> list[tuple[str, str, str]]:
        return [
            (
                each["Body"],
                each["MessageAttributes"]["lane"]["StringValue"],
                each["MessageAttributes"]["reason"]["StringValue"],
            )
            for each in self._messages(self._dead)
        ]

    def _messages(self, url: str) -> list[dict[str, Any]]:
        found = self._client.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        messages: list[dict[str, Any]] = found.get("Messages", [])
        return messages

    def break_down(self) -> Queue:
        nowhere = "http://127.0.0.1:1"
        config = Config(connect_timeout=1, retries={"total_max_attempts": 1})
        client = boto3.client("sqs", endpoint_url=nowhere, config=config)
        return SqsQueue(client, dict.fromkeys(Lane, f"{nowhere}/jobs"), f"{nowhere}/dead")


@pytest.fixture(params=[InMemory, OnSqs])
def backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    with mock_aws():
        yield request.param()


def test_a_message_carries_a_jobs_key(backend: Backend) -> None:
    backend.queue.send([KEY], Lane.INTERACTIVE)
    (delivery,) = backend.receive()
    assert JobKey.model_validate_json(delivery.body) == KEY


def test_each_lane_has_its_own_queue(backend: Backend) -> None:
    backend.queue.send([KEY], Lane.BULK)
    assert backend.receive(Lane.INTERACTIVE) == []
    (delivery,) = backend.receive(Lane.BULK)
    assert JobKey.model_validate_json(delivery.body) == KEY


def test_many_keys_can_be_sent_at_once(backend: Backend) -> None:
    keys = [JobKey(caller="ann", job_id=str(number)) for number in range(23)]
    backend.queue.send(keys, Lane.BULK)
    received = [JobKey.model_validate_json(each.body) for each in backend.receive(Lane.BULK)]
    assert sorted(received, key=lambda key: int(key.job_id)) == keys


def test_a_received_message_is_invisible_until_it_is_released(backend: Backend) -> None:
    backend.queue.send([KEY] * 12, Lane.INTERACTIVE)
    received = backend.receive()
    assert (len(received), backend.receive()) == (12, [])
    backend.queue.hold(dict.fromkeys(received, 0))
    assert len(backend.receive()) == 12


def test_a_held_message_stays_invisible(backend: Backend) -> None:
    backend.queue.send([KEY], Lane.INTERACTIVE)
    (delivery,) = backend.receive()
    backend.queue.hold({delivery: 0})
    backend.queue.hold({delivery: 30})
    assert backend.receive() == []


def test_holding_a_message_that_is_gone_has_no_effect(backend: Backend) -> None:
    backend.queue.send([KEY], Lane.INTERACTIVE)
    (delivery,) = backend.receive()
    backend.delete(delivery)
    backend.queue.hold({delivery: 30})
    assert backend.receive() == []


def test_an_unreadable_message_becomes_a_dead_letter_with_reason_and_lane(
    backend: Backend,
) -> None:
    backend.queue.dead_letter(Delivery("m", "r", "gibberish", Lane.BULK, 1), "not a job key")
    assert backend.dead_letters() == [("gibberish", "bulk", "not a job key")]


def test_a_queue_that_does_not_answer_refuses(backend: Backend) -> None:
    queue = backend.break_down()
    delivery = Delivery("m", "r", "", Lane.INTERACTIVE, 1)
    with pytest.raises(QueueRefused):
        queue.send([KEY], Lane.INTERACTIVE)
    with pytest.raises(QueueRefused):
        queue.hold({delivery: 1})
    with pytest.raises(QueueRefused):
        queue.dead_letter(delivery, "it cannot be read")
