"""The handlers give every answer that docs/openapi.json documents, and no other."""

import json
import re
from pathlib import Path
from typing import Any

import boto3
import pytest

from adapters.job_store import DynamoJobStore
from adapters.memory.clock import ManualClock
from adapters.tickets import DynamoTicketStore
from runtime import contract
from runtime.http import Api
from runtime.pages import job_list
from sluice.ports import JobPage
from tests.builders import a_job
from tests.contract import check_body, documented, response_of
from tests.integration.handlers import (
    an_event,
    status_api,
    submit_api,
    unreachable,
)
from tests.integration.test_http_life import UNKNOWN, Client, Reply, batch_of, fail
from tests.service import Service
from tests.table import TABLE
from tools.openapi.document import document, refusals
from tools.openapi.operations import OPERATIONS

#: A call, a status and, if it is a problem, its type.
Seen = tuple[str, int, str | None]


def check(call: str, status: int, headers: dict[str, str], body: Any) -> Seen:
    """Check an answer against the document, and return which one it is."""
    known = response_of(call, status).get("headers", {})
    assert {name for name, header in known.items() if header["required"]} <= set(headers)
    assert set(headers) <= {*known, "Content-Type", "Cache-Control"}
    check_body(call, status, headers["Content-Type"], body)
    return call, status, body["type"] if status >= 400 else None


class Checked:
    """Calls the handlers, and checks every answer against the document."""

    def __init__(self) -> None:
        self.client = Client()
        self.seen: set[Seen] = set()

    def __call__(self, call: str, body: Any = None, **headers: str) -> Reply:
        reply = self.client(call, body, **headers)
        self.seen.add(check(documented(*call.split(" ")), *reply))
        return reply

    def job(self, **headers: str) -> str:
        found: str = self("POST /jobs", {"question": "Why?"}, **headers)[2]["id"]
        return found

    def batch(self, count: int = 1, **headers: str) -> Any:
        return self("POST /batches", batch_of(count), **headers)[2]


@pytest.fixture
def call(queue_url: str, monkeypatch: pytest.MonkeyPatch) -> Checked:
    monkeypatch.setenv("MAX_OPEN_JOBS_PER_CALLER", "3")
    return Checked()


def lease(job_id: str) -> None:
    """Set a job to in_progress, as a worker would."""
    table = boto3.resource("dynamodb").Table("jobs")
    (item,) = (item for item in table.scan()["Items"] if item["job_id"] == job_id)
    table.update_item(
        Key={"caller": item["caller"], "job_id": job_id},
        UpdateExpression="SET #s = :s, attempt_id = :a, lease_until = :u",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":s": "in_progress", ":a": "a", ":u": 10**11},
    )


def call_for_jobs(call: Checked) -> None:
    """Get the answers to submitting, reading and listing jobs."""
    for body in ({}, {"question": "Why?", "filter": {"colour": "red"}}):
        call("POST /jobs", body)
    call("POST /jobs", {"question": "Why?", "previous_job_id": UNKNOWN})
    job = call.job(Idempotency_Key="k")
    call("POST /jobs", {"question": "Why?", "previous_job_id": job})
    call("POST /jobs", {"question": "How?"}, Idempotency_Key="k")
    tag = call(f"GET /jobs/{job}")[1]["ETag"]
    call(f"GET /jobs/{job}", If_None_Match=tag)
    call(f"POST /jobs/{job}/retry")
    call(f"POST /jobs/{job}/cancel")
    call.job(Idempotency_Key="k")
    for route in ("GET /jobs/{}", "POST /jobs/{}/cancel", "POST /jobs/{}/retry"):
        call(route.format("x"))
        call(route.format(UNKNOWN))
    for query in ("limit=2", "batch_id=x", "cursor=x", f"status=queued&batch_id={UNKNOWN}"):
        call(f"GET /jobs?{query}")


def cancel_and_retry_jobs(call: Checked) -> None:
    """Get the answers to cancelling and retrying jobs."""
    running, failed = call.job(), call.job()
    lease(running)
    call(f"POST /jobs/{running}/cancel")
    fail(failed)
    call(f"POST /jobs/{failed}/cancel")
    again = call(f"POST /jobs/{failed}/retry")[2]["id"]
    call(f"POST /jobs/{again}/cancel")
    call(f"POST /jobs/{failed}/retry")


def call_for_batches(call: Checked) -> None:
    """Get the answers to batches."""
    for body in ({}, batch_of(4)):
        call("POST /batches", body)
    call("POST /batches", batch_of(2), Idempotency_Key="b")
    call("POST /batches", batch_of(3), Idempotency_Key="b")
    for route in ("GET /batches/{}", "POST /batches/{}/cancel"):
        call(route.format("x"))
        call(route.format(UNKNOWN))
    first, second = call.batch(1, key="bob"), call.batch(1, key="bob")
    call(f"GET /batches/{first['id']}", key="bob")
    call(f"POST /batches/{first['id']}/cancel", key="bob")
    lease(second["jobs"][0]["id"])
    call(f"POST /batches/{second['id']}/cancel", key="bob")
    fail(second["jobs"][0]["id"])
    call(f"POST /batches/{second['id']}/cancel", key="bob")


def open_too_many_jobs(call: Checked) -> None:
    """Get the answers to a caller with too many open jobs."""
    failed = call.job(key="eve")
    fail(failed)
    call.batch(3, key="eve")
    call("POST /jobs", {"question": "Why?"}, key="eve")
    call("POST /batches", batch_of(1), key="eve")
    call(f"POST /jobs/{failed}/retry", key="eve")


def make_bad_requests(call: Checked) -> None:
    """Get the refusals that any call may answer."""
    for known in OPERATIONS:
        route = re.sub(r"\{\w+\}", UNKNOWN, known)
        body = batch_of(1) if known == "POST /batches" else {"question": "Why?"}
        call(route, body, key="")
        call(f"{route}?colour=red", body)
        if OPERATIONS[known].body:
            call(route, body, content_type="text/plain")
            call(route, "\ud800")


def call_without_queues(call: Checked) -> None:
    """Get the answers while SQS fails."""
    failed = call.job(key="joe")
    fail(failed)
    for url in boto3.client("sqs").list_queues()["QueueUrls"]:
        boto3.client("sqs").delete_queue(QueueUrl=url)
    call("POST /jobs", {"question": "Why?"}, key="joe")
    call("POST /batches", batch_of(1), key="joe")
    call(f"POST /jobs/{failed}/retry", key="joe")


def call_without_table(call: Checked) -> None:
    """Get the answers while DynamoDB fails."""
    store = DynamoJobStore(unreachable(boto3.client("dynamodb")), TABLE, ManualClock())
    tickets = DynamoTicketStore(unreachable(boto3.client("dynamodb")), TABLE)
    call.client.apps = [submit_api(store=store), status_api(store=store, tickets=tickets)]
    for known in OPERATIONS:
        body = batch_of(1) if known == "POST /batches" else {"question": "Why?"}
        call(re.sub(r"\{\w+\}", UNKNOWN, known), body)


def call_defective_handlers(call: Checked) -> None:
    """Get the answers of handlers with a defect."""

    def broken(_: object) -> Any:
        raise RuntimeError("secret")

    call.client.apps = [Api(dict.fromkeys(OPERATIONS, broken))]
    for known in OPERATIONS:
        call(re.sub(r"\{\w+\}", UNKNOWN, known))


def test_the_answers_given_are_the_answers_documented(call: Checked) -> None:
    call_for_jobs(call)
    cancel_and_retry_jobs(call)
    call_for_batches(call)
    open_too_many_jobs(call)
    make_bad_requests(call)
    call("POST /tickets")
    call("GET /openapi.json")
    call_without_queues(call)
    call_without_table(call)
    call_defective_handlers(call)
    documented: set[Seen] = {
        (name, status, None)
        for name, operation in OPERATIONS.items()
        for status in operation.successes
    } | {
        (name, status, kind)
        for name, operation in OPERATIONS.items()
        for status, kinds in refusals(operation).items()
        for kind in kinds
    }
    assert call.seen == documented


def test_the_document_has_the_routes_of_the_handlers_and_no_others(call: Checked) -> None:
    routes = {name: route for app in call.client.apps for name, route in app.routes.items()}
    assert {name: route.__name__ for name, route in routes.items()} == {
        name: operation.name for name, operation in OPERATIONS.items()
    }


def test_the_documented_parameters_are_those_accepted(call: Checked) -> None:
    accepted = {
        name: set(known) for app in call.client.apps for name, known in app.parameters.items()
    }
    for name, operation in OPERATIONS.items():
        listed = {each.name for each in operation.parameters if each.place == "query"}
        assert listed == accepted.get(name, set()), name


def test_the_document_is_served(call: Checked) -> None:
    code, headers, served = call("GET /openapi.json")
    assert (code, served) == (200, document())
    assert headers["Cache-Control"] == "private, max-age=300"


@pytest.mark.parametrize("content", [None, "", "../docs/openapi.json"])
def test_a_package_without_its_contract_says_so_and_still_takes_questions(
    call: Checked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    file = tmp_path / "openapi.json"
    monkeypatch.setattr(contract, "FILE", file)
    if content is not None:
        file.write_text(content)
    status, _, problem = call("GET /openapi.json")
    assert (status, problem["type"]) == (500, "internal-error")
    assert "openapi.json is missing" in problem["detail"]
    assert call("POST /jobs", {"question": "Why?"})[0] == 202


def test_the_contract_is_read_once(
    call: Checked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "openapi.json"
    monkeypatch.setattr(contract, "FILE", file)
    file.write_text(json.dumps(document()))
    first = call("GET /openapi.json")
    file.unlink()
    assert call("GET /openapi.json") == first


def test_an_undocumented_answer_fails_the_check(call: Checked) -> None:
    _, headers, job = call("POST /jobs", {"question": "Why?"})
    for change in ({"status": "lost"}, {"id": None}, {"attempts": "1"}):
        with pytest.raises(AssertionError):
            check("POST /jobs", 202, headers, job | change)
    with pytest.raises(AssertionError):
        check("POST /jobs", 202, {"Content-Type": "application/json"}, job)
    with pytest.raises(AssertionError):
        check("POST /jobs", 418, headers, job)


def test_a_page_is_measured_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = [a_job(question=letter * 1_000) for letter in "aaa"]
    wide = [a_job(question=letter * 1_000) for letter in "語語語"]
    monkeypatch.setattr("runtime.pages._LARGEST_PAGE", 6_000)
    for page, shown in ((jobs, 3), (wide, 1)):
        listed = job_list(JobPage(page, None), Service().forecaster)
        assert len(listed.jobs) == shown
        assert (listed.next_cursor is None) == (shown == 3)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"wait": ["1"], "colour": ["red"]}, "unknown parameter; use wait"),
        ({"wait": ["1", "2"]}, "must be given once"),
    ],
)
def test_a_parameter_that_is_unknown_or_given_twice_is_refused(
    call: Checked, query: dict[str, list[str]], message: str
) -> None:
    event = an_event(
        "get_job",
        queryStringParameters={name: values[-1] for name, values in query.items()},
        multiValueQueryStringParameters=query,
    )
    answer = call.client.apps[1](event, None)
    assert answer["statusCode"] == 422
    assert message in answer["body"]
