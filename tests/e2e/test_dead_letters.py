"""Dead letters on the running stack, from the worker that sends them to the operator's command."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from local.endpoints import EndpointsFile
from local.ministack import CREDENTIALS, REGION
from sluice_client import Sluice
from tests.e2e.running_stack import RunningStack
from tests.waiting import eventually

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def dead_letters(running: RunningStack, tmp_path: Path) -> Command:
    """Run `sluice-ops dead-letters` in a folder with the endpoints file of `make run`."""
    EndpointsFile(tmp_path / ".sluice" / "endpoints.json").write(
        running.stack.endpoints() | running.stack.aws()
    )
    # Other tests may have left messages.
    running.client("sqs").purge_queue(QueueUrl=running.stack.deployed.outputs["DeadLetterQueueUrl"])

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "sluice_ops", "dead-letters", *arguments],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"]} | environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return run


def listed(dead_letters: Command) -> list[dict[str, Any]]:
    ran = dead_letters("list", "--json")
    assert ran.returncode == 0, ran.stderr
    messages: list[dict[str, Any]] = json.loads(ran.stdout)["dead_letters"]
    return messages


def when_there_are(count: int, dead_letters: Command) -> list[dict[str, Any]]:
    """Wait until there are `count` dead letters, and return them."""
    found: list[dict[str, Any]] = []

    def has_count() -> bool:
        found[:] = listed(dead_letters)
        return len(found) == count

    eventually(has_count)
    return found


@contextmanager
def no_worker_on(running: RunningStack, queue: str) -> Iterator[None]:
    """Disable the queue's event source inside the block."""
    functions = running.client("lambda")
    mappings = functions.list_event_source_mappings()["EventSourceMappings"]
    name = queue.rpartition("/")[2]
    (uuid,) = (each["UUID"] for each in mappings if each["EventSourceArn"].endswith(f":{name}"))
    functions.update_event_source_mapping(UUID=uuid, Enabled=False)
    try:
        yield
    finally:
        functions.update_event_source_mapping(UUID=uuid, Enabled=True)


def test_an_unreadable_message_is_listed_returns_after_a_redrive_and_can_be_discarded(
    running: RunningStack, dead_letters: Command
) -> None:
    outputs = running.stack.deployed.outputs
    sqs = running.client("sqs")
    sqs.send_message(QueueUrl=outputs["QueueUrl"], MessageBody="not a job")
    sqs.send_message(QueueUrl=outputs["BulkQueueUrl"], MessageBody='{"job_id": 1}')

    messages = when_there_are(2, dead_letters)

    assert {(message["body"], message["lane"], message["reason"]) for message in messages} == {
        ("not a job", "interactive", "the body is not a job key"),
        ('{"job_id": 1}', "bulk", "the body is not a job key"),
    }
    before = {message["id"] for message in messages}
    ran = dead_letters("redrive")
    assert ran.returncode == 0, ran.stderr
    back = when_there_are(2, dead_letters)
    assert {message["lane"] for message in back} == {"interactive", "bulk"}
    assert not before & {message["id"] for message in back}, "workers made new dead letters of them"
    ran = dead_letters("discard", *(message["id"] for message in back))
    assert ran.stderr == "2 dead letters discarded.\n"
    assert listed(dead_letters) == []


def test_a_redriven_message_that_sqs_had_given_up_is_answered(
    running: RunningStack, sluice: Sluice, dead_letters: Command
) -> None:
    outputs = running.stack.deployed.outputs
    sqs, url = running.client("sqs"), outputs["BulkQueueUrl"]
    dead = sqs.get_queue_attributes(
        QueueUrl=outputs["DeadLetterQueueUrl"], AttributeNames=["QueueArn"]
    )["Attributes"]["QueueArn"]
    policy_before = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])
    with no_worker_on(running, url):
        answer = running.call(
            "POST", "/jobs", json={"question": "How long is lost property kept?", "lane": "bulk"}
        )
        job_id = answer.json()["id"]
        one_receive = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 1})
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": one_receive})
        try:
            sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)
            sqs.receive_message(QueueUrl=url)
        finally:
            sqs.set_queue_attributes(QueueUrl=url, Attributes=policy_before["Attributes"])
        (message,) = listed(dead_letters)
        assert json.loads(message["body"])["job_id"] == job_id
        assert (message["lane"], message["reason"]) == ("bulk", "received too often")
        assert sluice.job(job_id).status == "queued"
    ran = dead_letters("redrive", message["id"])
    assert ran.returncode == 0, ran.stderr
    assert sluice.wait(job_id, 60).status == "completed"
    assert listed(dead_letters) == []


def test_a_named_stack_is_found_through_cloudformation(
    running: RunningStack, dead_letters: Command
) -> None:
    aws = {
        "AWS_ENDPOINT_URL": running.stack.ministack.url,
        "AWS_DEFAULT_REGION": REGION,
        **{name.upper(): value for name, value in CREDENTIALS.items()},
    }
    ran = dead_letters("list", "--stack", "sluice", **aws)
    assert (ran.returncode, ran.stderr) == (0, "No dead letters.\n")
    ran = dead_letters("list", "--stack", "slice", **aws)
    assert (ran.returncode, ran.stderr) == (
        3,
        f"There is no stack slice in this account in {REGION}.\n",
    )
