"""Dead letters on the running stack, from the worker that buries to the operator's command."""

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
from tests.e2e.site import Site, eventually

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def dead_letters(site: Site, tmp_path: Path) -> Command:
    """`sluice-ops dead-letters` in a folder where `make run` has left its file."""
    EndpointsFile(tmp_path / ".sluice" / "endpoints.json").write(
        site.stack.endpoints() | site.stack.aws()
    )
    # Other tests may have left some.
    site.client("sqs").purge_queue(QueueUrl=site.stack.deployed.outputs["DeadLetterQueueUrl"])

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
    """The dead letters, once there are that many."""
    found: list[dict[str, Any]] = []

    def are_there() -> bool:
        found[:] = listed(dead_letters)
        return len(found) == count

    eventually(are_there)
    return found


@contextmanager
def no_worker_on(site: Site, queue: str) -> Iterator[None]:
    """The queue's event source, for a while, disabled."""
    functions = site.client("lambda")
    mappings = functions.list_event_source_mappings()["EventSourceMappings"]
    name = queue.rpartition("/")[2]
    (uuid,) = (each["UUID"] for each in mappings if each["EventSourceArn"].endswith(f":{name}"))
    functions.update_event_source_mapping(UUID=uuid, Enabled=False)
    try:
        yield
    finally:
        functions.update_event_source_mapping(UUID=uuid, Enabled=True)


def test_what_no_worker_reads_is_listed_comes_back_when_redriven_and_can_be_discarded(
    site: Site, dead_letters: Command
) -> None:
    outputs = site.stack.deployed.outputs
    sqs = site.client("sqs")
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
    assert not before & {message["id"] for message in back}, "workers buried them anew"
    ran = dead_letters("discard", *(message["id"] for message in back))
    assert ran.stderr == "2 dead letters discarded.\n"
    assert listed(dead_letters) == []


def test_a_job_whose_message_sqs_gave_up_is_answered_once_redriven(
    site: Site, sluice: Sluice, dead_letters: Command
) -> None:
    outputs = site.stack.deployed.outputs
    sqs, url = site.client("sqs"), outputs["BulkQueueUrl"]
    dead = sqs.get_queue_attributes(
        QueueUrl=outputs["DeadLetterQueueUrl"], AttributeNames=["QueueArn"]
    )["Attributes"]["QueueArn"]
    as_it_was = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])
    with no_worker_on(site, url):
        answer = site.call(
            "POST", "/jobs", json={"question": "How long is lost property kept?", "lane": "bulk"}
        )
        job_id = answer.json()["id"]
        impatient = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 1})
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": impatient})
        try:
            sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)
            sqs.receive_message(QueueUrl=url)
        finally:
            sqs.set_queue_attributes(QueueUrl=url, Attributes=as_it_was["Attributes"])
        (message,) = listed(dead_letters)
        assert json.loads(message["body"])["job_id"] == job_id
        assert (message["lane"], message["reason"]) == ("bulk", "received too often")
        assert sluice.job(job_id).status == "queued"
    ran = dead_letters("redrive", message["id"])
    assert ran.returncode == 0, ran.stderr
    assert sluice.wait(job_id, 60).status == "completed"
    assert listed(dead_letters) == []


def test_a_named_stack_is_found_through_cloudformation(site: Site, dead_letters: Command) -> None:
    aws = {
        "AWS_ENDPOINT_URL": site.stack.ministack.url,
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
