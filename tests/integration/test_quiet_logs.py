"""No log line and no metric contains a question, a passage, an answer or an API key."""

import io
import json
import logging
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from adapters.job_store import DynamoJobStore
from adapters.memory.clock import ManualClock
from adapters.memory.generator import ScriptedGenerator
from adapters.memory.job_store import MemoryJobStore
from adapters.memory.push import MemoryPush
from adapters.memory.retriever import MemoryRetriever
from runtime.aws_upstreams import AwsUpstreams
from runtime.settings import Settings
from runtime.telemetry import logger
from sluice.ports import Piece
from tests.builders import a_passage, a_stream_end
from tests.integration.handlers import (
    an_event,
    fresh,
    live_socket,
    submit_api,
    worker_handler,
)
from tests.integration.test_worker_handler import Context, event_of
from tests.table import TABLE

QUESTION = "Where do zebracorns sleep?"
PASSAGE = "A quillfish guards them."
ANSWER = "Under the marblewing [1]."
KEY = "key-of-saltpetre"
SECRETS = ("zebracorn", "quillfish", "marblewing", "saltpetre")


@dataclass
class Output:
    """Everything the functions have logged or printed."""

    log: io.StringIO
    capture: pytest.CaptureFixture[str]

    def read(self) -> str:
        out, err = self.capture.readouterr()
        return self.log.getvalue() + out + err


@pytest.fixture
def output(
    queue_url: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Output:
    stream = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", stream)
    return Output(stream, capfd)


def asking(**fields: Any) -> dict[str, Any]:
    event = an_event("submit_job", body=json.dumps({"question": QUESTION} | fields))
    event["headers"] = {**event["headers"], "x-api-key": KEY}
    return event


def asked() -> dict[str, Any]:
    """Submit a question, and return the worker's event for it."""
    answer = fresh("submit.app").handler(asking(), None)
    assert answer["statusCode"] == 202
    return message_in("jobs")


def message_in(queue: str) -> dict[str, Any]:
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    return event_of([message])


def refuse(client: Any, status: int, code: str, words: str = "") -> None:
    """Let AWS refuse every call of this client, in these words or by quoting the whole request."""

    def answer(params: Any, **_: Any) -> tuple[AWSResponse, dict[str, Any]]:
        body = params["body"]
        repeated = body.decode() if isinstance(body, bytes) else str(body)
        error = {"Code": code, "Message": words or f"Value '{repeated}' is not valid."}
        response = {"Error": error, "ResponseMetadata": {"HTTPStatusCode": status}}
        return AWSResponse(params["url"], status, HTTPHeaders(), None), response

    # Before anything is sent, so before moto sees it.
    client.meta.events.register_first("before-call", answer)


def a_worker(**upstreams: Any) -> Any:
    """Return the worker function; upstreams that are not given succeed."""
    succeeding = {
        "retriever": MemoryRetriever([a_passage(PASSAGE)]),
        "generator": ScriptedGenerator([Piece(ANSWER), a_stream_end()]),
    }
    return worker_handler(**succeeding | upstreams)


def test_an_answer_is_not_logged(output: Output) -> None:
    event = asked()
    assert a_worker()(event, Context()) == {"batchItemFailures": []}
    reader = fresh("status.app")
    listed = an_event("list_jobs") | {"headers": asking()["headers"]}
    shown = reader.handler(listed, None)["body"]
    assert "marblewing" in shown, "the job was answered"
    printed = output.read()
    assert '"message":"completed"' in printed
    assert '"completed":[1.0]' in printed
    assert_quiet(printed)


@pytest.mark.parametrize(
    ("upstream", "status", "code"),
    [
        ("kendra", 400, "ValidationException"),
        ("kendra", 409, "ConflictException"),
        ("bedrock", 400, "ValidationException"),
        ("bedrock", 424, "ModelErrorException"),
        ("bedrock", 418, "SomethingNewException"),
    ],
)
def test_an_upstream_error_that_quotes_the_prompt_is_not_logged(
    output: Output, upstream: str, status: int, code: str
) -> None:
    event = asked()
    deployed = AwsUpstreams(Settings.load())
    adapter: Any = deployed.retrievers[0] if upstream == "kendra" else deployed.generator
    refuse(adapter.client, status, code)
    a_worker(**{"retriever" if upstream == "kendra" else "generator": adapter})(event, Context())
    printed = output.read()
    assert '"cause":"' in printed
    assert code in printed, "the operator can read which error it was"
    assert_quiet(printed)


def test_an_upstreams_denied_access_is_logged_in_its_words(output: Output) -> None:
    event = asked()
    kendra = AwsUpstreams(Settings.load()).retrievers[0]
    refuse(kendra.client, 400, "AccessDeniedException", "The role may not kendra:Retrieve")
    a_worker(retriever=kendra)(event, Context())
    assert "AccessDeniedException: The role may not kendra:Retrieve" in output.read()


def test_a_defect_is_logged_with_its_place_and_without_its_message(output: Output) -> None:
    event = asked()
    a_worker(generator=ScriptedGenerator([ValueError(PASSAGE + QUESTION)]))(event, Context())
    printed = output.read()
    assert "ValueError" in printed
    assert "answerer.py" in printed
    assert_quiet(printed)


def test_an_unreadable_message_is_not_logged(output: Output) -> None:
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"question": QUESTION}))
    a_worker()(message_in("jobs"), Context())
    printed = output.read()
    assert '"message":"unreadable"' in printed
    assert_quiet(printed)


@pytest.mark.parametrize(
    "fields", [{"filter": {"zebracorn": "1"}}, {"zebracorn": 1}, {"question": "zebracorn" * 200}]
)
def test_a_refused_question_is_not_logged(output: Output, fields: dict[str, Any]) -> None:
    assert fresh("submit.app").handler(asking(**fields), None)["statusCode"] == 422
    printed = output.read()
    assert '"message":"refused"' in printed
    assert_quiet(printed)


def test_a_store_error_that_quotes_the_question_is_not_logged(output: Output) -> None:
    client = boto3.client("dynamodb")
    refuse(client, 400, "ValidationException")
    api = submit_api(store=DynamoJobStore(client, TABLE, ManualClock()))
    assert api(asking(), None)["statusCode"] == 503
    printed = output.read()
    assert "store-unavailable" in printed
    assert "ClientError" in printed
    assert_quiet(printed)


def test_a_defect_over_the_websocket_is_logged_without_its_message(
    output: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUSH_URL", "http://127.0.0.1:1/v1")

    class Broken(MemoryJobStore):
        def create(self, jobs: object) -> bool:
            raise KeyError(QUESTION)

    live = live_socket(push=MemoryPush(), store=Broken(ManualClock()))
    body = json.dumps({"action": "ask", "question": QUESTION})
    live.serve(an_event("message", body=body), None)
    printed = output.read()
    assert "KeyError" in printed
    assert_quiet(printed)


def test_level_debug_logs_the_message_of_a_defect(
    output: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = asked()
    handler = a_worker(generator=ScriptedGenerator([ValueError(QUESTION)]))
    before = logger.log_level
    logger.setLevel(logging.DEBUG)
    try:
        handler(event, Context())
    finally:
        logger.setLevel(before)
    assert "zebracorn" in output.read()


def assert_quiet(printed: str) -> None:
    assert printed
    assert not [secret for secret in SECRETS if secret in printed.lower()]
