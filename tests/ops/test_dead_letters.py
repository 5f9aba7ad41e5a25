"""`sluice-ops dead-letters`, on moto's queues."""

import json
import re
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from rich.console import Console

from sluice.job.job import Lane
from sluice_ops.aws import client as aws
from sluice_ops.dead_letters.queue import DeadLetter, DeadLetterQueue
from sluice_ops.dead_letters.table import print_dead_letters
from tests.ops.conftest import Run

KEY = json.dumps({"caller": "0123abcd", "job_id": "0190c7f2-4d5e-7abc-8def-0123456789ab"})


class Queues:
    """A stack's three queues, named in an endpoints.json like that of `make run`."""

    def __init__(self, folder: Path) -> None:
        self.sqs = boto3.client("sqs")
        self.dead, self.interactive, self.bulk = (
            self.sqs.create_queue(QueueName=f"sluice-{name}")["QueueUrl"]
            for name in ("DeadLetterQueue", "Queue", "BulkQueue")
        )
        endpoints = {
            "aws_endpoint_url": "https://sqs.us-east-1.amazonaws.com",
            "aws_region": "us-east-1",
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
            "dead_letter_queue_url": self.dead,
            "queue_url": self.interactive,
            "bulk_queue_url": self.bulk,
        }
        (folder / ".sluice").mkdir()
        self.file = folder / ".sluice" / "endpoints.json"
        self.file.write_text(json.dumps(endpoints))

    def add_dead_letter(self, body: str = KEY, lane: str | None = "interactive") -> str:
        """Send a dead letter as a worker does, and return its id."""
        named = {"reason": "the body is not a job key"} | ({"lane": lane} if lane else {})
        attributes: Any = {
            name: {"DataType": "String", "StringValue": value} for name, value in named.items()
        }
        sent = self.sqs.send_message(
            QueueUrl=self.dead, MessageBody=body, MessageAttributes=attributes
        )
        return sent["MessageId"]

    def received(self, url: str) -> list[Any]:
        """Receive all messages of a queue once; they stay invisible."""
        found: list[Any] = []
        while more := self.sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        ).get("Messages"):
            found += more
        return found

    def bodies(self, url: str) -> list[str]:
        return sorted(message["Body"] for message in self.received(url))


@pytest.fixture
def queues(tmp_path: Path) -> Iterator[Queues]:
    with mock_aws():
        yield Queues(tmp_path)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turn long polling off: on an empty queue of moto's each command would wait for a second."""
    real = DeadLetterQueue.__init__

    def at_once(queue: DeadLetterQueue, stack: Any) -> None:
        real(queue, stack)
        stack.sqs.meta.events.register(
            "provide-client-params.sqs.ReceiveMessage",
            lambda params, **_: params | {"WaitTimeSeconds": 0},
        )

    monkeypatch.setattr(DeadLetterQueue, "__init__", at_once)


def command(run: Run, *arguments: str) -> Any:
    return run("dead-letters", *arguments)


def test_a_list_shows_each_message_and_releases_it(run: Run, queues: Queues) -> None:
    message = queues.add_dead_letter("gibberish", "bulk")

    ran = command(run, "list")

    assert ran.code == 0
    header, facts, body = ran.out.splitlines()
    assert header.split() == ["ID", "LANE", "AGE", "RECEIVES", "REASON"]
    assert facts.startswith(f"{message}  bulk")
    assert facts.endswith("the body is not a job key")
    assert body == "  gibberish"
    assert ran.err == "1 dead letter.\n"
    assert queues.bodies(queues.dead) == ["gibberish"], "it can be received by others again"


def test_an_empty_queue_is_reported(run: Run, queues: Queues) -> None:
    ran = command(run, "list")
    assert (ran.code, ran.out, ran.err) == (0, "", "No dead letters.\n")


def test_a_body_cannot_control_the_terminal(run: Run, queues: Queues) -> None:
    queues.add_dead_letter("\u202eevil\u2066 \u009b31mred\nnext" + "x" * 5_000)
    ran = command(run, "list")
    *_, body = ran.out.splitlines()
    assert body.startswith("  evil 31mred next")
    assert len(body) == 200
    assert not set(ran.out) & set("\u202e\u2066\u009b\x1b")


def test_json_has_the_whole_body_and_says_that_it_is_complete(run: Run, queues: Queues) -> None:
    message = queues.add_dead_letter("x" * 5_000, lane=None)

    ran = command(run, "list", "--json")

    listed = json.loads(ran.out)
    (found,) = listed["dead_letters"]
    assert found["id"] == message
    assert found["body"] == "x" * 5_000
    assert (found["lane"], found["receives"]) == (None, 1)
    assert found["sent_at"].endswith("Z")
    assert (listed["complete"], listed["approximate_total"]) == (True, 1)


def test_a_long_list_is_complete_and_repeats_no_message(run: Run, queues: Queues) -> None:
    messages = {queues.add_dead_letter(f"message {number}") for number in range(37)}
    ran = command(run, "list", "--json")
    listed = json.loads(ran.out)
    assert sorted(found["id"] for found in listed["dead_letters"]) == sorted(messages)
    assert listed["complete"]


def test_a_list_that_ends_at_its_limit_says_at_least(run: Run, queues: Queues) -> None:
    for number in range(25):
        queues.add_dead_letter(f"message {number}")
    ran = command(run, "list", "--limit", "12")
    assert len(ran.out.splitlines()) == 1 + 2 * 12
    assert ran.err == "At least 12 dead letters; SQS counts about 25. See --limit.\n"
    assert not json.loads(command(run, "list", "--limit", "12", "--json").out)["complete"]
    assert len(queues.received(queues.dead)) == 25


def test_messages_that_others_have_received_are_mentioned(run: Run, queues: Queues) -> None:
    queues.add_dead_letter()
    queues.received(queues.dead)
    ran = command(run, "list")
    assert ran.code == 0
    assert (
        ran.err
        == "No dead letters.\nHidden for now, because somebody else received them: about 1.\n"
    )


def test_redrive_sends_each_message_to_its_own_lane(run: Run, queues: Queues) -> None:
    queues.add_dead_letter("of interactive", "interactive")
    queues.add_dead_letter("of bulk", "bulk")

    ran = command(run, "redrive")

    assert ran.code == 0
    assert ran.err.startswith(
        "2 dead letters sent again.\nMessages that workers still cannot process come"
    )
    assert queues.bodies(queues.interactive) == ["of interactive"]
    assert queues.bodies(queues.bulk) == ["of bulk"]
    assert queues.received(queues.dead) == []


def test_a_redriven_job_keeps_its_caller_for_fair_queues(run: Run, queues: Queues) -> None:
    queues.add_dead_letter(KEY)
    queues.add_dead_letter("gibberish")
    assert command(run, "redrive").code == 0
    groups = {
        message["Body"]: message["Attributes"].get("MessageGroupId")
        for message in queues.received(queues.interactive)
    }
    assert groups == {KEY: "0123abcd", "gibberish": None}


def test_a_message_that_sqs_gave_up_returns_to_its_own_queue(
    run: Run, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    queues.sqs.send_message(QueueUrl=queues.dead, MessageBody=KEY)
    source = "arn:aws:sqs:us-east-1:123456789012:sluice-BulkQueue"
    real = DeadLetterQueue._message

    def of_bulk(queue: DeadLetterQueue, message: Any) -> Any:
        message["Attributes"]["DeadLetterQueueSourceArn"] = source  # moto leaves it out
        return real(queue, message)

    monkeypatch.setattr(DeadLetterQueue, "_message", of_bulk)
    (found,) = json.loads(command(run, "list", "--json").out)["dead_letters"]
    assert (found["lane"], found["reason"]) == ("bulk", "received too often")
    assert command(run, "redrive").code == 0
    assert queues.bodies(queues.bulk) == [KEY]


def test_a_message_of_unknown_lane_stays_until_a_lane_is_named(run: Run, queues: Queues) -> None:
    queues.add_dead_letter("stray", lane=None)
    queues.add_dead_letter("known", lane="bulk")

    ran = command(run, "redrive")

    assert ran.code == 1
    assert "Left here, because their lane is unknown: 1. Name one with --lane." in ran.err
    assert command(run, "redrive", "--lane", "interactive").code == 0
    assert queues.bodies(queues.interactive) == ["stray"]
    assert queues.bodies(queues.bulk) == ["known"]


def test_only_the_messages_named_are_redriven(run: Run, queues: Queues) -> None:
    others = [queues.add_dead_letter(f"message {number}") for number in range(15)]
    ran = command(run, "redrive", others[11], others[3], others[11])
    assert ran.code == 0
    assert queues.bodies(queues.interactive) == ["message 11", "message 3"]
    assert len(queues.received(queues.dead)) == 13


@pytest.mark.parametrize(("verb", "done"), [("redrive", "sent again"), ("discard", "discarded")])
def test_an_unknown_id_changes_nothing(run: Run, queues: Queues, verb: str, done: str) -> None:
    message = queues.add_dead_letter()
    ran = command(run, verb, message, "no-such-message")
    assert ran.code == 1
    assert ran.err == (
        f"There is no dead letter no-such-message, or somebody holds it.\nNothing was {done}.\n"
    )
    assert queues.bodies(queues.dead) == [KEY]
    assert queues.received(queues.interactive) == []


def test_a_redrive_stops_at_its_limit_and_says_so(run: Run, queues: Queues) -> None:
    for number in range(25):
        queues.add_dead_letter(f"message {number}")
    ran = command(run, "redrive", "--limit", "20")
    assert ran.code == 0
    assert "These are 20; there may be more: --limit." in ran.err
    assert len(queues.received(queues.interactive)) == 20
    assert len(queues.received(queues.dead)) == 5


def test_a_queue_that_refuses_messages_loses_none(
    run: Run, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    queues.add_dead_letter()
    queues.sqs.delete_queue(QueueUrl=queues.interactive)
    ran = command(run, "redrive")
    assert ran.code == 4
    assert ran.err.startswith("AWS refused (")
    assert queues.bodies(queues.dead) == [KEY]


def test_a_message_that_was_not_accepted_stays(
    run: Run, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    queues.add_dead_letter("taken")
    refused = queues.add_dead_letter("refused")
    real = DeadLetterQueue._send

    def send_one(queue: DeadLetterQueue, url: str, messages: Any) -> Any:
        return real(queue, url, [each for each in messages if each.body == "taken"])

    monkeypatch.setattr(DeadLetterQueue, "_send", send_one)
    ran = command(run, "redrive")
    assert ran.code == 1
    assert "Left here, because their queue did not accept them: 1." in ran.err
    assert [message["MessageId"] for message in queues.received(queues.dead)] == [refused]


def test_a_message_that_cannot_be_removed_is_reported_as_duplicated(
    run: Run, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    queues.add_dead_letter()
    monkeypatch.setattr(DeadLetterQueue, "_remove", lambda *_: 0)
    ran = command(run, "redrive")
    assert ran.code == 1
    assert "Sent, but still here as well: 1." in ran.err
    assert queues.bodies(queues.interactive) == [KEY]


def test_messages_too_large_for_one_request_are_sent_in_several(run: Run, queues: Queues) -> None:
    for number in range(3):
        queues.add_dead_letter(f"{number}" * 100_000)
    assert command(run, "redrive").code == 0
    assert len(queues.received(queues.interactive)) == 3


def test_discard_removes_only_the_messages_named(run: Run, queues: Queues) -> None:
    queues.add_dead_letter("stays")
    message = queues.add_dead_letter("goes")
    ran = command(run, "discard", message)
    assert (ran.code, ran.err) == (0, "1 dead letter discarded.\n")
    assert queues.bodies(queues.dead) == ["stays"]
    assert queues.received(queues.interactive) == []


def test_discarding_all_requires_yes(run: Run, queues: Queues) -> None:
    queues.add_dead_letter()
    ran = command(run, "discard")
    assert ran.code == 2
    assert "--yes" in ran.err
    assert command(run, "discard", "--yes").err == "1 dead letter discarded.\n"
    assert queues.received(queues.dead) == []


@pytest.mark.parametrize(("answer", "left"), [("n\n", 3), ("y\n", 0)])
def test_on_a_terminal_discarding_all_is_confirmed_with_the_count(
    run: Run, queues: Queues, monkeypatch: pytest.MonkeyPatch, answer: str, left: int
) -> None:
    for number in range(3):
        queues.add_dead_letter(f"message {number}")
    asked: list[str] = []

    def confirm(text: str, **options: Any) -> bool:
        asked.append(text)
        if answer == "n\n":
            raise SystemExit(1)
        return True

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("sluice_ops.commands.dead_letters.click.confirm", confirm)
    command(run, "discard")
    assert asked == ["Delete 3 dead letters?"]
    assert len(queues.received(queues.dead)) == left


def test_an_interruption_releases_the_messages(
    run: Run, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    queues.add_dead_letter()

    def interrupted(*_: Any) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(DeadLetterQueue, "discard", interrupted)
    assert command(run, "discard", "--yes").code == 130
    assert queues.bodies(queues.dead) == [KEY]


def test_without_a_stack_the_error_says_how_to_start_or_name_one(run: Run) -> None:
    ran = command(run, "list")
    assert ran.code == 3
    assert "make run" in ran.err
    assert "--stack" in ran.err


def test_an_endpoints_file_without_queues_is_refused(run: Run, queues: Queues) -> None:
    queues.file.write_text(json.dumps({"api_url": "http://127.0.0.1:1", "api_key": "k"}))
    ran = command(run, "list")
    assert ran.code == 3
    assert "lacks aws_endpoint_url" in ran.err


def test_a_stopped_stack_is_reported(run: Run, queues: Queues) -> None:
    endpoints = json.loads(queues.file.read_text())
    gone = {name: value for name, value in endpoints.items() if not name.endswith("queue_url")}
    here = "http://127.0.0.1:9"
    queues.file.write_text(
        json.dumps(
            gone
            | {"aws_endpoint_url": here}
            | dict.fromkeys(("queue_url", "bulk_queue_url", "dead_letter_queue_url"), f"{here}/q")
        )
    )
    ran = command(run, "list")
    assert ran.code == 3
    assert ran.err.startswith("The call to AWS failed:")


class FakeCloudFormation:
    """A CloudFormation client that answers describe_stacks as AWS does."""

    def __init__(self, outputs: dict[str, str] | None = None) -> None:
        self.outputs = outputs
        self.meta = type("Meta", (), {"region_name": "eu-central-1"})

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - AWS's name
        if self.outputs is None:
            from botocore.exceptions import ClientError

            message = f"Stack with id {StackName} does not exist"
            raise ClientError(
                {
                    "Error": {"Code": "ValidationError", "Message": message},
                    "ResponseMetadata": {"HTTPStatusCode": 400},  # type: ignore[typeddict-item]
                },
                "DescribeStacks",
            )
        listed = [{"OutputKey": key, "OutputValue": url} for key, url in self.outputs.items()]
        return {"Stacks": [{"Outputs": listed}]}


@pytest.fixture
def cloudformation(monkeypatch: pytest.MonkeyPatch) -> FakeCloudFormation:
    fake = FakeCloudFormation()
    real = aws.aws_client

    def client(service: str, options: dict[str, str]) -> Any:
        return fake if service == "cloudformation" else real(service, options)

    monkeypatch.setattr("sluice_ops.aws.stack.aws_client", client)
    return fake


def test_a_stack_on_aws_is_found_by_its_outputs(
    run: Run, queues: Queues, cloudformation: FakeCloudFormation
) -> None:
    queues.file.unlink()
    cloudformation.outputs = {
        "QueueUrl": queues.interactive,
        "BulkQueueUrl": queues.bulk,
        "DeadLetterQueueUrl": queues.dead,
    }
    queues.add_dead_letter("of bulk", "bulk")
    assert command(run, "redrive", "--stack", "sluice-prod").code == 0
    assert queues.bodies(queues.bulk) == ["of bulk"]


@pytest.mark.usefixtures("cloudformation")
def test_a_stack_that_is_not_there_is_named_with_the_region(run: Run) -> None:
    ran = command(run, "list", "--stack", "sluice-prud")
    assert ran.code == 3
    assert ran.err == "There is no stack sluice-prud in this account in eu-central-1.\n"


def test_a_stack_that_is_not_sluices_is_refused(
    run: Run, cloudformation: FakeCloudFormation
) -> None:
    cloudformation.outputs = {"BucketName": "b"}
    ran = command(run, "list", "--stack", "website")
    assert ran.code == 3
    assert "website is not one of Sluice's" in ran.err


def test_access_denied_is_reported_in_awss_words(
    run: Run, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = aws.aws_client

    def client(service: str, options: dict[str, str]) -> Any:
        made = real(service, options)

        def deny(**_: Any) -> Any:
            error = {"Code": "AccessDenied", "Message": "You may not sqs:ReceiveMessage"}
            status = type("Http", (), {"status_code": 403})()
            return status, {"Error": error, "ResponseMetadata": {"HTTPStatusCode": 403}}

        made.meta.events.register_first("before-call.sqs.ReceiveMessage", deny)
        return made

    monkeypatch.setattr("sluice_ops.aws.stack.aws_client", client)
    ran = command(run, "list")
    assert ran.code == 4
    assert ran.err == "AWS refused (AccessDenied: You may not sqs:ReceiveMessage)\n"


def test_without_a_region_the_error_says_what_to_set(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv("AWS_CONFIG_FILE", "nowhere")
    ran = command(run, "list", "--stack", "sluice")
    assert (ran.code, ran.err) == (3, "No region is set. Set AWS_DEFAULT_REGION.\n")


def test_the_region_variable_that_the_texts_name_is_one_that_boto3_reads(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv("AWS_CONFIG_FILE", "nowhere")
    (in_error,) = re.findall(r"AWS_\w+", command(run, "list", "--stack", "sluice").err)
    assert in_error in command(run, "--help").out

    monkeypatch.setenv(in_error, "eu-west-1")
    assert aws.aws_client("sqs", {}).meta.region_name == "eu-west-1"


def test_a_narrow_terminal_gets_the_id_on_a_line_of_its_own() -> None:
    message = DeadLetter("m" * 36, "gibberish", 0, 2, "no job key", Lane.BULK, "receipt")
    out = StringIO()
    print_dead_letters(Console(file=out, width=44), [message], 90)
    assert out.getvalue().splitlines() == [
        "m" * 36,
        "  bulk, 90 s old, received 2x: no job key",
        "  gibberish",
    ]
