"""Batches, idempotency, cancel and retry through the deployed handlers."""

import json
import re
from typing import Any

import boto3
import pytest

from tests.integration.handlers import an_event, fresh

Reply = tuple[int, dict[str, str], Any]


class Client:
    """Calls submit or status, whichever has the route."""

    def __init__(self) -> None:
        self.apps = [fresh("submit.app").handler, fresh("status.app").handler]

    def __call__(self, call: str, body: Any = None, *, key: str = "ann", **headers: str) -> Reply:
        method, path = call.split(" ")
        path, _, query = path.partition("?")
        names = {"jobs": "job_id", "batches": "batch_id"}
        found = re.fullmatch(r"/(jobs|batches)/([^/]+)(.*)", path)
        resource = f"/{found[1]}/{{{names[found[1]]}}}{found[3]}" if found else path
        event = an_event(
            "submit_job",
            httpMethod=method,
            resource=resource,
            pathParameters={names[found[1]]: found[2]} if found else None,
            queryStringParameters=dict(pair.split("=") for pair in query.split("&") if pair),
            body=None if body is None else json.dumps(body),
        )
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        event["headers"] = {"content-type": "application/json", "x-api-key": key} | given
        for app in self.apps:
            answer = app(event, None)
            text: Any = json.loads(answer["body"]) if answer["body"] else None
            if answer["statusCode"] != 404 or text["type"] != "route-not-found":
                break
        return answer["statusCode"], answer["headers"], text


@pytest.fixture
def call(queue_url: str, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setenv("MAX_OPEN_JOBS_PER_CALLER", "150")
    return Client()


def batch_of(count: int) -> dict[str, Any]:
    entries = [{"custom_id": f"row {n}", "question": f"Why {n}?"} for n in range(count)]
    return {"questions": entries}


def fail(job_id: str) -> None:
    """Set a job to failed, as a worker would."""
    table = boto3.resource("dynamodb").Table("jobs")
    (item,) = (item for item in table.scan()["Items"] if item["job_id"] == job_id)
    table.update_item(
        Key={"caller": item["caller"], "job_id": job_id},
        UpdateExpression="SET #s = :failed REMOVE open_of",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":failed": "failed"},
    )


def test_an_accepted_batch_gets_its_location_and_its_jobs(call: Client) -> None:
    code, headers, batch = call("POST /batches", batch_of(100))
    assert code == 202
    assert headers["Location"] == f"/batches/{batch['id']}"
    assert int(headers["Retry-After"]) >= 1
    assert batch["request_counts"]["total"] == batch["request_counts"]["queued"] == 100
    assert [job["custom_id"] for job in batch["jobs"]] == [f"row {n}" for n in range(100)]
    code, _, again = call(f"GET /batches/{batch['id']}")
    assert (code, again["jobs"]) == (200, batch["jobs"])
    _, _, page = call(f"GET /jobs?batch_id={batch['id']}&limit=100")
    assert [job["id"] for job in page["jobs"]] == [job["id"] for job in batch["jobs"]][::-1]
    assert {job["batch_id"] for job in page["jobs"]} == {batch["id"]}


def test_every_message_of_a_batch_is_sent(call: Client, queue_url: str) -> None:
    call("POST /batches", batch_of(23))
    sqs = boto3.client("sqs")
    bulk = sqs.get_queue_url(QueueName="bulk")["QueueUrl"]
    counted = sqs.get_queue_attributes(QueueUrl=bulk, AttributeNames=["All"])["Attributes"]
    assert counted["ApproximateNumberOfMessages"] == "23"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"questions": []}, "questions"),
        (batch_of(101), "questions"),
        ({"questions": [*batch_of(1)["questions"], {"custom_id": "x"}]}, "questions.1.question"),
        ({"questions": batch_of(1)["questions"] * 2}, "questions"),
        ({"question": "Why?"}, "questions"),
        ({"questions": {}}, "questions"),
    ],
)
def test_a_bad_batch_is_refused_whole_and_names_the_field(
    call: Client, body: Any, field: str
) -> None:
    code, _, problem = call("POST /batches", body)
    assert (code, problem["type"]) == (422, "invalid-request")
    assert field in [fault["field"] for fault in problem["errors"]]
    assert call("GET /jobs")[2]["jobs"] == []


def test_same_idempotency_key_returns_the_same_batch(call: Client) -> None:
    first = call("POST /batches", batch_of(3), Idempotency_Key="k")
    second = call("POST /batches", batch_of(3), Idempotency_Key="k")
    assert (second[0], second[2]["jobs"]) == (202, first[2]["jobs"])
    code, _, problem = call("POST /batches", batch_of(4), Idempotency_Key="k")
    assert (code, problem["type"]) == (422, "idempotency-key-reused")


def test_same_idempotency_key_returns_the_same_job(call: Client) -> None:
    first = call("POST /jobs", {"question": "Why?"}, Idempotency_Key="k")
    assert call("POST /jobs", {"question": "Why?"}, Idempotency_Key="k")[2]["id"] == first[2]["id"]
    assert (
        call("POST /jobs", {"question": "Why?"}, key="bob", Idempotency_Key="k")[2]["id"]
        != (first[2]["id"])
    )


@pytest.mark.parametrize("key", ["", " ", "a" * 256, "ä", "a\nb", "a\x00"])
def test_a_malformed_idempotency_key_is_refused(call: Client, key: str) -> None:
    code, _, problem = call("POST /jobs", {"question": "Why?"}, Idempotency_Key=key)
    assert (code, problem["errors"][0]["field"]) == (422, "Idempotency-Key")


@pytest.mark.parametrize("key", ["a", "a" * 255, "a b", "~!"])
def test_any_other_idempotency_key_is_accepted(call: Client, key: str) -> None:
    assert call("POST /jobs", {"question": "Why?"}, Idempotency_Key=key)[0] == 202


def test_too_many_open_jobs_are_refused_until_some_have_ended(call: Client) -> None:
    _, _, batch = call("POST /batches", batch_of(100))
    code, headers, problem = call("POST /batches", batch_of(51))
    assert (code, problem["type"]) == (429, "too-many-open-jobs")
    assert int(headers["Retry-After"]) >= 1
    call(f"POST /jobs/{batch['jobs'][0]['id']}/cancel")
    assert call("POST /batches", batch_of(51))[0] == 202


def test_a_queued_job_is_cancelled_and_stays_cancelled(call: Client) -> None:
    _, _, job = call("POST /jobs", {"question": "Why?"})
    code, headers, cancelled = call(f"POST /jobs/{job['id']}/cancel")
    assert (code, cancelled["status"]) == (200, "cancelled")
    assert "Retry-After" not in headers
    assert call(f"POST /jobs/{job['id']}/cancel")[2] == cancelled
    assert call(f"GET /jobs/{job['id']}")[2] == cancelled


def test_a_failed_job_is_retried_as_a_new_job(call: Client) -> None:
    _, _, job = call("POST /jobs", {"question": "Why?", "metadata": {"a": "b"}})
    code, _, problem = call(f"POST /jobs/{job['id']}/retry")
    assert (code, problem["type"]) == (409, "conflict")
    fail(job["id"])
    code, headers, again = call(f"POST /jobs/{job['id']}/retry")
    assert (code, again["question"], again["metadata"]) == (202, "Why?", {"a": "b"})
    assert headers["Location"] == f"/jobs/{again['id']}"
    assert call(f"POST /jobs/{job['id']}/retry")[2]["id"] == again["id"]


UNKNOWN = "01a2025b-8bf0-7921-b360-49bf83a90e9e"


@pytest.mark.parametrize(
    ("route", "kind"),
    [
        ("GET /jobs/{job}", "job-not-found"),
        ("POST /jobs/{job}/cancel", "job-not-found"),
        ("POST /jobs/{job}/retry", "job-not-found"),
        ("GET /batches/{batch}", "batch-not-found"),
        ("POST /batches/{batch}/cancel", "batch-not-found"),
    ],
)
def test_another_callers_ids_look_unknown(call: Client, route: str, kind: str) -> None:
    _, _, batch = call("POST /batches", batch_of(2))
    ids = {"job": batch["jobs"][0]["id"], "batch": batch["id"]}
    unknown = call(route.format(job=UNKNOWN, batch=UNKNOWN), key="bob")
    assert call(route.format(**ids), key="bob") == unknown
    assert (unknown[0], unknown[2]["type"]) == (404, kind)
    assert call(f"GET /jobs?batch_id={batch['id']}", key="bob")[2]["jobs"] == []


@pytest.mark.parametrize("route", ["GET /batches/x", "POST /jobs/x/cancel", "GET /jobs?batch_id=x"])
def test_a_malformed_id_is_refused(call: Client, route: str) -> None:
    code, _, problem = call(route)
    assert (code, problem["type"]) == (400, "invalid-id")


def test_a_page_that_would_be_too_long_ends_earlier_and_the_next_continues(
    call: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.pages._LARGEST_PAGE", 1_200)
    ids = [call("POST /jobs", {"question": f"Why {n}?"})[2]["id"] for n in range(7)]
    found, cursor, pages = [], "", 0
    while pages == 0 or cursor:
        assert pages < len(ids), "the pages have no end"
        _, _, page = call(f"GET /jobs?limit=5{cursor}")
        found += [job["id"] for job in page["jobs"]]
        cursor = f"&cursor={page['next_cursor']}" if page["next_cursor"] else ""
        pages += 1
    assert found == sorted(ids, reverse=True)
    assert pages > 2
