"""No log line and no metric holds what was asked, found or answered, nor a key or a ticket."""

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from moto import mock_aws

from runtime.telemetry import logger
from sluice.ports import Piece
from tests.builders import a_passage, a_stream_end
from tests.fakes import FakeGenerator, FakePush, FakeRetriever
from tests.integration.handlers import an_event, fresh, set_environment
from tests.integration.test_worker_handler import Context, event_of

QUESTION = "Where do zebracorns sleep?"
PASSAGE = "A quillfish guards them."
ANSWER = "Under the marblewing [1]."
KEY = "key-of-saltpetre"
SECRETS = ("zebracorn", "quillfish", "marblewing", "saltpetre")


@dataclass
class Output:
    """Everything the functions have put out."""

    log: io.StringIO
    capture: pytest.CaptureFixture[str]

    def read(self) -> str:
        out, err = self.capture.readouterr()
        return self.log.getvalue() + out + err


@pytest.fixture
def output(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Output]:
    with mock_aws():
        set_environment(monkeypatch)
        stream = io.StringIO()
        monkeypatch.setattr(logger.registered_handler, "stream", stream)
        yield Output(stream, capfd)


def asking(**fields: Any) -> dict[str, Any]:
    event = an_event("submit_job", body=json.dumps({"question": QUESTION} | fields))
    event["headers"] = {**event["headers"], "x-api-key": KEY}
    return event


def asked() -> dict[str, Any]:
    """One question's message, as the worker gets it."""
    answer = fresh("submit.app").handler(asking(), None)
    assert answer["statusCode"] == 202
    return message_in("jobs")


def message_in(queue: str) -> dict[str, Any]:
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    return event_of([message])


def refuse(client: Any, status: int, code: str, words: str = "") -> None:
    """Let AWS refuse what this client asks: in these words, or by repeating all of it."""

    def answer(params: Any, **_: Any) -> tuple[AWSResponse, dict[str, Any]]:
        body = params["body"]
        repeated = body.decode() if isinstance(body, bytes) else str(body)
        error = {"Code": code, "Message": words or f"Value '{repeated}' is not valid."}
        told = {"Error": error, "ResponseMetadata": {"HTTPStatusCode": status}}
        return AWSResponse(params["url"], status, HTTPHeaders(), None), told

    # Before anything is sent, so before moto sees it.
    client.meta.events.register_first("before-call", answer)


def a_worker() -> Any:
    app = fresh("worker.app")
    answering = app._worker._answering
    answering._retriever._retrievers = [FakeRetriever([a_passage(PASSAGE)])]
    answering._generator._generator = FakeGenerator([Piece(ANSWER), a_stream_end()])
    return app


def test_an_answer_leaves_no_word_of_it_in_the_output(output: Output) -> None:
    event = asked()
    assert a_worker().handler(event, Context()) == {"batchItemFailures": []}
    reader = fresh("status.app")
    listed = an_event("list_jobs") | {"headers": asking()["headers"]}
    told = reader.handler(listed, None)["body"]
    assert "marblewing" in told, "the job was answered"
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
def test_an_upstream_that_repeats_the_prompt_is_not_repeated(
    output: Output, upstream: str, status: int, code: str
) -> None:
    event = asked()
    app = a_worker()
    real = fresh("worker.app")._worker._answering
    answering = app._worker._answering
    if upstream == "kendra":
        answering._retriever._retrievers = real._retriever._retrievers
        refuse(real._retriever._retrievers[0].client, status, code)
    else:
        answering._generator._generator = real._generator._generator
        refuse(real._generator._generator.client, status, code)
    app.handler(event, Context())
    printed = output.read()
    assert '"cause":"' in printed
    assert code in printed, "the operator reads which error it was"
    assert_quiet(printed)


def test_an_upstream_that_denies_access_is_quoted(output: Output) -> None:
    event = asked()
    app = a_worker()
    kendra = fresh("worker.app")._worker._answering._retriever._retrievers
    app._worker._answering._retriever._retrievers = kendra
    refuse(kendra[0].client, 400, "AccessDeniedException", "The role may not kendra:Retrieve")
    app.handler(event, Context())
    assert "AccessDeniedException: The role may not kendra:Retrieve" in output.read()


def test_a_defect_is_logged_with_its_place_and_without_its_words(output: Output) -> None:
    event = asked()
    app = a_worker()
    app._worker._answering._generator._generator = FakeGenerator([ValueError(PASSAGE + QUESTION)])
    app.handler(event, Context())
    printed = output.read()
    assert "ValueError" in printed
    assert "answerer.py" in printed
    assert_quiet(printed)


def test_a_message_of_somebody_else_is_not_logged(output: Output) -> None:
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"question": QUESTION}))
    a_worker().handler(message_in("jobs"), Context())
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


def test_a_store_that_repeats_the_question_is_not_repeated(output: Output) -> None:
    app = fresh("submit.app")
    refuse(app._wiring._dynamodb, 400, "ValidationException")
    assert app.handler(asking(), None)["statusCode"] == 503
    printed = output.read()
    assert "store-unavailable" in printed
    assert "ClientError" in printed
    assert_quiet(printed)


def test_a_defect_over_the_websocket_is_logged_without_its_words(
    output: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUSH_URL", "http://127.0.0.1:1/v1")
    live = fresh("status.live")
    object.__setattr__(live._watching, "push", FakePush())

    def fail(*_: Any) -> None:
        raise KeyError(QUESTION)

    object.__setattr__(live._watching, "act", fail)
    body = json.dumps({"action": "ask", "question": QUESTION})
    live.handler(an_event("message", body=body), None)
    printed = output.read()
    assert "KeyError" in printed
    assert_quiet(printed)


def test_debug_tells_what_an_operator_asks_for(
    output: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = asked()
    app = a_worker()
    app._worker._answering._generator._generator = FakeGenerator([ValueError(QUESTION)])
    before = logger.log_level
    logger.setLevel(logging.DEBUG)
    try:
        app.handler(event, Context())
    finally:
        logger.setLevel(before)
    assert "zebracorn" in output.read()


def assert_quiet(printed: str) -> None:
    assert printed
    assert not [secret for secret in SECRETS if secret in printed.lower()]
