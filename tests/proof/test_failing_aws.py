"""The deployed handlers while AWS fails, at each of their API calls in turn.

Whatever fails, a caller gets a problem with a Retry-After, a connection gets an error event, and a
worker leaves its message in the queue.
No handler crashes, and nothing is lost.
"""

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from moto import mock_aws

from adapters.memory.generator import ScriptedGenerator, Step
from adapters.memory.retriever import MemoryRetriever
from sluice.ports import Piece
from tests.builders import a_passage, a_stream_end
from tests.integration.handlers import Live, an_event, set_environment, worker_handler
from tests.integration.test_http_life import Client, Reply, batch_of, fail
from tests.integration.test_worker_handler import Context, event_of


def server_error(operation: str) -> Exception:
    answer: Any = {
        "Error": {"Code": "InternalServerError", "Message": "No."},
        "ResponseMetadata": {"HTTPStatusCode": 500},
    }
    return ClientError(answer, operation)


def throttle(operation: str) -> Exception:
    answer: Any = {
        "Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"},
        "ResponseMetadata": {"HTTPStatusCode": 400},
    }
    return ClientError(answer, operation)


def time_out(operation: str) -> Exception:
    return ReadTimeoutError(endpoint_url="https://aws.example")


def no_connection(operation: str) -> Exception:
    return EndpointConnectionError(endpoint_url="https://aws.example")


#: How a call fails, and whether it has its effect all the same.
FAILURES = [(server_error, False), (throttle, False), (time_out, True), (no_connection, False)]


class Faults:
    """Makes the n-th API call after `set` fail, below the SDK's retries, which would hide it."""

    def __init__(self) -> None:
        self._left = 0
        self._failure, self._has_effect = FAILURES[0]
        self.has_struck = False
        self._make_api_call: Any = BaseClient._make_api_call  # type: ignore[attr-defined]

    def set(self, number: int) -> None:
        self._left, self.has_struck = number + 1, False
        self._failure, self._has_effect = FAILURES[number % len(FAILURES)]

    def off(self) -> None:
        self._left = 0

    def call(self, client: BaseClient, operation: str, arguments: Any) -> Any:
        self._left -= 1
        if self._left != 0:
            return self._make_api_call(client, operation, arguments)
        self.has_struck = True
        if self._has_effect:
            self._make_api_call(client, operation, arguments)
        raise self._failure(operation)


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> Iterator[Faults]:
    faults = Faults()
    with mock_aws():
        set_environment(monkeypatch)
        monkeypatch.setenv("MODEL_TOKENS_PER_MINUTE", "300000")
        monkeypatch.setenv("PUSH_URL", "http://127.0.0.1:1/v1")
        monkeypatch.setattr(
            BaseClient,
            "_make_api_call",
            lambda client, operation, arguments: faults.call(client, operation, arguments),
        )
        yield faults


def a_failed_job(call: Client) -> str:
    job_id: str = call("POST /jobs", {"question": "Why?"})[2]["id"]
    fail(job_id)
    return job_id


def a_job(call: Client) -> str:
    return str(call("POST /jobs", {"question": "Why?"})[2]["id"])


def a_batch(call: Client) -> str:
    return str(call("POST /batches", batch_of(2))[2]["id"])


ANSWER: list[Step] = [Piece("Ninety days [1]."), a_stream_end()]
numbers = itertools.count()


@dataclass(frozen=True)
class Request:
    """A request. `{}` is replaced by the id that `needs` returns."""

    route: str
    needs: Callable[[Client], str] = lambda _: ""
    body: dict[str, Any] | None = None
    has_key: bool = False

    def prepare(self, call: Client) -> Callable[[], Reply]:
        """Create what the request needs, and return a function that makes the request."""
        item = self.needs(call)
        body = self.body and json.loads(json.dumps(self.body).replace("{}", item))
        headers = {"Idempotency_Key": f"k{next(numbers)}"} if self.has_key else {}
        return lambda: call(self.route.replace("{}", item), body, **headers)


QUESTION = {"question": "Why?"}
REQUESTS = {
    "ask": Request("POST /jobs", body=QUESTION),
    "ask with a key": Request("POST /jobs", body=QUESTION, has_key=True),
    "follow-up": Request("POST /jobs", a_failed_job, {"question": "And?", "previous_job_id": "{}"}),
    "batch": Request("POST /batches", body=batch_of(12)),
    "batch with a key": Request("POST /batches", body=batch_of(2), has_key=True),
    "get": Request("GET /jobs/{}", a_job),
    "list": Request("GET /jobs?limit=2"),
    "get batch": Request("GET /batches/{}", a_batch),
    "cancel": Request("POST /jobs/{}/cancel", a_job),
    "cancel batch": Request("POST /batches/{}/cancel", a_batch),
    "retry": Request("POST /jobs/{}/retry", a_failed_job),
    "ticket": Request("POST /tickets"),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_that_meets_a_failure_succeeds_or_gets_a_problem(
    faults: Faults, name: str
) -> None:
    call = Client()
    for number in range(80):
        faults.off()
        request = REQUESTS[name].prepare(call)
        faults.set(number)
        status, headers, body = request()
        if not faults.has_struck:
            assert number > 0
            return
        if status == 503:
            assert headers["Content-Type"] == "application/problem+json"
            assert int(headers["Retry-After"]) > 0
            assert body["type"] in ("store-unavailable", "queue-unavailable")
        else:
            assert status < 500, (number, body)
    raise AssertionError("the request makes more than 80 calls")


def replies(live: Live, action: dict[str, Any]) -> list[dict[str, Any]]:
    live.push.sent.clear()
    event = an_event("message", body=json.dumps(action))
    assert live.socket.serve(event, None) == {"statusCode": 200}
    return live.push.sent[event["requestContext"]["connectionId"]]


@pytest.mark.parametrize("name", ["ask", "subscribe", "unsubscribe", "cancel"])
def test_an_action_that_meets_a_failure_gets_a_reply(faults: Faults, name: str) -> None:
    live = Live()
    for number in range(40):
        faults.off()
        asked = replies(live, {"action": "ask", "question": "Why?"})[0]["job_id"]
        actions: dict[str, dict[str, Any]] = {
            "ask": {"action": "ask", "question": "Why?"},
            "subscribe": {"action": "subscribe", "job_ids": [asked]},
            "unsubscribe": {"action": "unsubscribe", "job_ids": [asked]},
            "cancel": {"action": "cancel", "job_id": asked},
        }
        faults.set(number)
        received = replies(live, actions[name])
        if not faults.has_struck:
            assert number > 0
            return
        problems = [
            message["problem"]["type"] for message in received if message["type"] == "error"
        ]
        assert problems in ([], ["store-unavailable"], ["queue-unavailable"]), (number, problems)
        assert received
    raise AssertionError("the action makes more than 40 calls")


def test_a_worker_that_meets_a_failure_ends_the_job_or_leaves_its_message(
    faults: Faults,
) -> None:
    call = Client()
    handler = worker_handler(
        retriever=MemoryRetriever([a_passage()]), generator=ScriptedGenerator(ANSWER)
    )
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    for number in range(80):
        faults.off()
        job_id = a_job(call)
        (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
        faults.set(number)
        reply = handler(event_of([message]), Context())
        struck = faults.has_struck
        faults.off()
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        status = call(f"GET /jobs/{job_id}")[2]["status"]
        assert (status == "completed") or reply["batchItemFailures"], number
        if not struck:
            assert (status, number > 0) == ("completed", True)
            return
    raise AssertionError("the work takes more than 80 calls")
