import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import boto3
import pytest
from moto import mock_aws

from sluice.seams import Piece
from tests.builders import a_passage, an_ending
from tests.fakes import FakeGenerator, FakeRetriever
from tests.integration.handlers import an_event, fresh, set_environment


class Context:
    """Lambda's context, with all of its time left."""

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


@pytest.fixture
def queue_url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with mock_aws():
        yield set_environment(monkeypatch)


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


def test_a_batch_is_answered_and_what_is_not_stays_in_the_queue(
    queue_url: str,
) -> None:
    submitted = [fresh("submit.app").handler(an_event("submit_job"), None) for _ in range(2)]
    ids = [json.loads(answer["body"])["id"] for answer in submitted]
    app = fresh("worker.app")
    log = io.StringIO()
    app.logger.registered_handler.setStream(log)
    generator = FakeGenerator(
        [Piece("Ninety days [1]."), an_ending()], [ConnectionResetError("a defect")]
    )
    app._worker._answering._retriever._retriever = FakeRetriever([a_passage()])
    app._worker._answering._generator._generator = generator
    messages = [
        boto3.client("sqs").receive_message(QueueUrl=queue_url)["Messages"][0] for _ in range(2)
    ]
    reply = app.handler(event_of(messages), Context())
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
