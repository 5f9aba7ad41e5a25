import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import boto3
import pytest

from adapters.memory.clock import ManualClock
from adapters.memory.generator import ScriptedGenerator, Step
from adapters.memory.retriever import MemoryRetriever
from local.package import read_template
from local.stack import PROJECT
from runtime.telemetry import count, logger
from sluice.errors import Misconfigured, NotYet, Throttled, Unavailable
from sluice.job.job import Lane
from sluice.ports import Delivery, Piece
from sluice.work.worker import Report
from tests.builders import a_passage, a_stream_end
from tests.integration.handlers import an_event, fresh, worker_handler


class Context:
    """Lambda's context, with all of its time left."""

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What the functions log."""
    stream = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", stream)
    return stream


def event_of(messages: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    event = an_event("work")
    (record,) = event["Records"]
    event["Records"] = [
        record
        | {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
        }
        for message in messages
    ]
    return event


def test_a_batch_is_answered_and_its_failures_stay_in_the_queue(
    queue_url: str, log: io.StringIO
) -> None:
    submitted = [fresh("submit.app").handler(an_event("submit_job"), None) for _ in range(2)]
    ids = [json.loads(answer["body"])["id"] for answer in submitted]
    generator = ScriptedGenerator(
        [Piece("Ninety days [1]."), a_stream_end()], [ConnectionResetError("a defect")]
    )
    handler = worker_handler(retriever=MemoryRetriever([a_passage()]), generator=generator)
    messages = [
        boto3.client("sqs").receive_message(QueueUrl=queue_url)["Messages"][0] for _ in range(2)
    ]
    reply = handler(event_of(messages), Context())
    assert len(reply["batchItemFailures"]) == 1
    reader = fresh("status.app")
    statuses = []
    for job_id in ids:
        event = an_event("get_job", pathParameters={"job_id": job_id})
        statuses.append(json.loads(reader.handler(event, None)["body"])["status"])
    assert sorted(statuses) == ["completed", "queued"]
    logged = log.getvalue()
    assert '"message":"completed"' in logged
    assert "lost property" not in logged
    assert "Ninety days" not in logged


Metrics = dict[tuple[str, ...], dict[str, list[float]]]


def metrics_of(output: str) -> Metrics:
    """Read the embedded metrics in these lines as CloudWatch does: values by dimensions."""
    found: Metrics = {}
    for line in output.splitlines():
        document = json.loads(line)
        (directive,) = document["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == "Sluice"
        (names,) = directive["Dimensions"]
        by = tuple(f"{name}={document[name]}" for name in sorted(names))
        values = found.setdefault(by, {})
        for metric in directive["Metrics"]:
            assert metric["Name"] not in values, "two lines for the same metric"
            values[metric["Name"]] = document[metric["Name"]]
    return found


OF_SERVICE = ("service=sluice",)
OF_LANE = ("lane=interactive", "service=sluice")


def worked(queue_url: str, *scripts: Sequence[Step], capsys: pytest.CaptureFixture[str]) -> Metrics:
    """Work on a batch with one job for each script of the model, and return its metrics."""
    for _ in scripts:
        fresh("submit.app").handler(an_event("submit_job"), None)
    handler = worker_handler(
        retriever=MemoryRetriever([a_passage()]), generator=ScriptedGenerator(*scripts)
    )
    queue = boto3.client("sqs")
    messages = [queue.receive_message(QueueUrl=queue_url)["Messages"][0] for _ in scripts]
    capsys.readouterr()
    handler(event_of(messages), Context())
    return metrics_of(capsys.readouterr().out)


@pytest.mark.usefixtures("log")
def test_answers_are_counted_with_their_wait_first_token_and_tokens(
    queue_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    answer: list[Step] = [Piece("Ninety days [1]."), a_stream_end()]
    metrics = worked(queue_url, answer, answer, capsys=capsys)
    of_service = metrics[OF_SERVICE]
    assert of_service["completed"] == [1, 1]
    assert of_service["failed"] == [0, 0], "the average is the share of failed jobs"
    assert of_service["input_tokens"] == [100, 100]
    assert of_service["output_tokens"] == [20, 20]
    assert len(of_service["first_token"]) == 2
    waits = metrics[OF_LANE]["wait"]
    assert len(waits) == 2
    assert all(0 <= wait < 60_000 for wait in waits)
    assert set(metrics) == {OF_SERVICE, OF_LANE}


@pytest.mark.usefixtures("log")
def test_failures_are_counted_in_total_and_by_type(
    queue_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    metrics = worked(queue_url, [Misconfigured("No such model.")], capsys=capsys)
    assert metrics[OF_SERVICE] == {"failed": [1]}
    assert metrics["service=sluice", "type=misconfigured"] == {"failed": [1]}
    assert set(metrics[OF_LANE]) == {"wait"}


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize(
    ("error", "event"),
    [
        (Throttled("At its limit."), "throttled"),
        (NotYet(retry_after=5), "not-yet"),
        (Unavailable("No answer."), "given-back"),
    ],
)
def test_a_job_given_back_counts_how_long_it_has_waited(
    queue_url: str, error: Exception, event: str, capsys: pytest.CaptureFixture[str]
) -> None:
    metrics = worked(queue_url, [error], capsys=capsys)
    assert metrics[OF_SERVICE] == {event: [1]}
    assert set(metrics[OF_LANE]) == {"waiting"}


def test_a_count_is_one_line_in_cloudwatchs_format(capsys: pytest.CaptureFixture[str]) -> None:
    count("accepted", 7)
    assert metrics_of(capsys.readouterr().out) == {OF_SERVICE: {"accepted": [7]}}


def test_every_alarm_on_our_metrics_watches_a_published_one(
    queue_url: str, log: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    published = {
        (by, name)
        for error in [Misconfigured("No."), Throttled("No.")]
        for by, values in worked(queue_url, [error], capsys=capsys).items()
        for name in values
    }
    resources = read_template(PROJECT / "template.yaml")["Resources"].values()
    alarms = [each["Properties"] for each in resources if each["Type"] == "AWS::CloudWatch::Alarm"]
    stack = {"Ref": "AWS::StackName"}
    watched = [
        (
            tuple(
                f"{each['Name']}={'sluice' if each['Value'] == stack else each['Value']}"
                for each in sorted(alarm["Dimensions"], key=lambda each: str(each["Name"]))
            ),
            alarm["MetricName"],
        )
        for alarm in alarms
        if alarm["Namespace"] == "Sluice"
    ]
    assert watched
    for by, name in watched:
        # Both lanes publish the same.
        assert (tuple(part.replace("bulk", "interactive") for part in by), name) in published


def test_every_alarm_is_explained_to_operators() -> None:
    text = (PROJECT / "docs" / "operate.md").read_text(encoding="utf-8")
    for name, resource in read_template(PROJECT / "template.yaml")["Resources"].items():
        if resource["Type"] == "AWS::CloudWatch::Alarm":
            assert f"`{name}`" in text, name


class Recording:
    """A worker that keeps its arguments."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.deadline = 0.0

    def work(self, deliveries: Sequence[Delivery], deadline: float) -> list[Report]:
        self.deliveries, self.deadline = list(deliveries), deadline
        return [Report(each, "completed", acknowledge=True) for each in deliveries]


def a_handler(worker: Any, clock: ManualClock, bulk_queue_url: str) -> Any:
    return fresh("worker.app").WorkerHandler(worker, clock, bulk_queue_url)


@pytest.mark.usefixtures("queue_url", "log")
def test_work_stops_five_seconds_before_the_functions_timeout() -> None:
    worker, clock = Recording(), ManualClock()
    a_handler(worker, clock, "https://sqs.example/1/bulk")(an_event("work"), Context())
    assert worker.deadline == clock.now + 300 - 5


@pytest.mark.usefixtures("queue_url", "log")
@pytest.mark.parametrize(
    ("queue", "lane"),
    [
        ("sluice-bulk", Lane.BULK),
        ("sluice-jobs", Lane.INTERACTIVE),
        ("not-sluice-bulk", Lane.INTERACTIVE),
        ("bulk", Lane.INTERACTIVE),
    ],
)
def test_a_messages_lane_is_that_of_its_queue(queue: str, lane: Lane) -> None:
    worker, event = Recording(), an_event("work")
    event["Records"][0]["eventSourceARN"] = f"arn:aws:sqs:eu-west-1:123456789012:{queue}"
    a_handler(worker, ManualClock(), "https://sqs.example/1/sluice-bulk")(event, Context())
    assert worker.deliveries[0].lane is lane
