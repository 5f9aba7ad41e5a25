from collections.abc import Iterator

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from adapters.sqs import SqsQueue
from sluice.errors import QueueRefused
from sluice.job.job import JobKey, Lane
from sluice.ports import Delivery

KEY = JobKey(caller="ann", job_id="1")


@pytest.fixture
def queue() -> Iterator[tuple[SqsQueue, str, str]]:
    with mock_aws():
        client = boto3.client("sqs")
        url = client.create_queue(QueueName="jobs")["QueueUrl"]
        dead = client.create_queue(QueueName="dead")["QueueUrl"]
        bulk = client.create_queue(QueueName="bulk")["QueueUrl"]
        yield SqsQueue(client, {Lane.INTERACTIVE: url, Lane.BULK: bulk}, dead), url, dead


def received(url: str) -> list[Delivery]:
    found = boto3.client("sqs").receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    )
    return [
        Delivery(
            message["MessageId"], message["ReceiptHandle"], message["Body"], Lane.INTERACTIVE, 1
        )
        for message in found.get("Messages", [])
    ]


def test_a_message_carries_a_jobs_key(queue: tuple[SqsQueue, str, str]) -> None:
    sqs, url, _ = queue
    sqs.send([KEY], Lane.INTERACTIVE)
    (delivery,) = received(url)
    assert JobKey.model_validate_json(delivery.body) == KEY


def test_each_lane_has_a_queue_of_its_own(queue: tuple[SqsQueue, str, str]) -> None:
    sqs, url, _ = queue
    sqs.send([KEY], Lane.BULK)
    assert received(url) == []
    bulk = boto3.client("sqs").get_queue_url(QueueName="bulk")["QueueUrl"]
    (delivery,) = received(bulk)
    assert JobKey.model_validate_json(delivery.body) == KEY


def test_a_message_held_for_no_time_is_there_again(queue: tuple[SqsQueue, str, str]) -> None:
    sqs, url, _ = queue
    for number in range(12):
        sqs.send([JobKey(caller="ann", job_id=str(number))], Lane.INTERACTIVE)
    first, second = received(url), received(url)
    assert (len(first), len(second), received(url)) == (10, 2, [])
    sqs.hold(dict.fromkeys([*first, *second], 0))
    assert len([*received(url), *received(url)]) == 12


def test_holding_a_message_that_is_gone_is_no_error(queue: tuple[SqsQueue, str, str]) -> None:
    sqs, url, _ = queue
    sqs.send([KEY], Lane.INTERACTIVE)
    (delivery,) = received(url)
    boto3.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=delivery.receipt)
    sqs.hold({delivery: 30})


def test_an_unreadable_message_becomes_a_dead_letter_with_its_reason_and_lane(
    queue: tuple[SqsQueue, str, str],
) -> None:
    sqs, _, dead = queue
    sqs.dead_letter(Delivery("m", "r", "gibberish", Lane.BULK, 1), "the body is not a job key")
    (message,) = boto3.client("sqs").receive_message(QueueUrl=dead, MessageAttributeNames=["All"])[
        "Messages"
    ]
    assert message["Body"] == "gibberish"
    assert message["MessageAttributes"]["reason"]["StringValue"] == "the body is not a job key"
    assert message["MessageAttributes"]["lane"]["StringValue"] == "bulk"


def test_a_queue_that_does_not_answer_refuses() -> None:
    config = Config(connect_timeout=1, retries={"total_max_attempts": 1})
    client = boto3.client("sqs", endpoint_url="http://127.0.0.1:1", config=config)
    queue = SqsQueue(
        client, {Lane.INTERACTIVE: "http://127.0.0.1:1/jobs"}, "http://127.0.0.1:1/dead"
    )
    with pytest.raises(QueueRefused):
        queue.send([KEY], Lane.INTERACTIVE)
    with pytest.raises(QueueRefused):
        queue.hold({Delivery("m", "r", "", Lane.INTERACTIVE, 1): 1})
