import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from adapters.job_store import DynamoJobStore
from adapters.memory.clock import ManualClock
from adapters.memory.job_store import MemoryJobStore
from tests.integration.handlers import (
    an_event,
    fresh,
    submit_api,
    unreachable,
)
from tests.table import TABLE

Call = Callable[..., tuple[int, dict[str, str], Any]]


def called(handler: Any, event: dict[str, Any]) -> tuple[int, dict[str, str], Any]:
    answer = handler(event, None)
    body = json.loads(answer["body"]) if answer["body"] else None
    return answer["statusCode"], answer["headers"], body


@pytest.fixture
def submit(queue_url: str) -> Call:
    app = fresh("submit.app")

    def call(body: Any = None, **headers: str) -> tuple[int, dict[str, str], Any]:
        event = an_event("submit_job")
        event["headers"] |= {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            event["body"] = body if isinstance(body, str) else json.dumps(body)
        return called(app.handler, event)

    return call


@pytest.fixture
def status(queue_url: str) -> Call:
    app = fresh("status.app")

    def call(
        job_id: str | None = None, query: dict[str, str] | None = None, **headers: str
    ) -> tuple[int, dict[str, str], Any]:
        event = an_event("get_job" if job_id is not None else "list_jobs")
        if job_id is not None:
            event["pathParameters"] = {"job_id": job_id}
        event["queryStringParameters"] = query
        event["headers"] |= {name.replace("_", "-"): value for name, value in headers.items()}
        return called(app.handler, event)

    return call


def test_an_accepted_question_gets_its_location(submit: Call, queue_url: str) -> None:
    code, headers, job = submit()
    assert code == 202
    assert headers["Location"] == f"/jobs/{job['id']}"
    assert int(headers["Retry-After"]) >= 1
    assert job["status"] == "queued"
    assert job["queue"] == {"lane": "interactive", "position": 1, "estimated_wait_seconds": 1}
    assert job["metadata"] == {"ticket": "4711"}
    (message,) = boto3.client("sqs").receive_message(QueueUrl=queue_url)["Messages"]
    assert json.loads(message["Body"])["job_id"] == job["id"]


def test_a_job_shows_no_internal_field(submit: Call) -> None:
    _, _, job = submit()
    assert set(job) == {
        "id", "status", "question", "answer", "sources", "queue", "attempts", "error", "usage",
        "timing", "model", "created_at", "started_at", "finished_at", "metadata",
        "batch_id", "custom_id",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "code", "kind", "detail"),
    [
        ("", 400, "invalid-json", ""),
        ("{", 400, "invalid-json", ""),
        ("[]", 422, "invalid-request", "object"),
        ('"x"', 422, "invalid-request", "object"),
        ({}, 422, "invalid-request", "question: is required"),
        ({"question": ""}, 422, "invalid-request", "empty"),
        ({"question": " "}, 422, "invalid-request", "empty"),
        ({"question": "..."}, 422, "invalid-request", "at least one letter or digit"),
        ({"question": "a" * 1001}, 422, "invalid-request", "at most 1000 characters"),
        ({"question": 5}, 422, "invalid-request", "must be a string"),
        ({"question": "Why?", "lanes": 1}, 422, "invalid-request", "lanes: unknown field"),
        ({"question": "Why?", "filter": {"colour": "red"}}, 422, "unsupported-filter", "category"),
        ('{"question": "\\ud800"}', 400, "invalid-json", ""),
        ('{"question": ' + "[" * 5000, 400, "invalid-json", ""),
        ({"question": "Why?", "previous_job_id": "7"}, 422, "invalid-request", "job id"),
    ],
)
def test_a_bad_question_is_refused_with_a_problem(
    submit: Call, body: Any, code: int, kind: str, detail: str
) -> None:
    status_code, headers, problem = submit(body)
    assert status_code == code
    assert headers["Content-Type"] == "application/problem+json"
    assert (problem["type"], problem["status"]) == (kind, code)
    assert problem["title"]
    assert detail in problem["detail"]


@pytest.mark.parametrize("media_type", ["text/plain", "", "application/x-www-form-urlencoded"])
def test_another_media_type_is_refused(submit: Call, media_type: str) -> None:
    code, _, problem = submit(Content_Type=media_type)
    assert (code, problem["type"]) == (415, "unsupported-media-type")


def test_a_media_type_may_have_parameters(submit: Call) -> None:
    assert submit(Content_Type="Application/JSON; charset=utf-8")[0] == 202


def test_a_request_without_a_key_is_refused(submit: Call) -> None:
    code, _, problem = submit(x_api_key="")
    assert (code, problem["type"]) == (401, "unauthorized")


def test_an_unknown_route_is_not_found(queue_url: str) -> None:
    event = an_event("submit_job", resource="/nothing")
    code, _, problem = called(fresh("submit.app").handler, event)
    assert (code, problem["type"]) == (404, "route-not-found")


def test_a_queue_that_is_down_is_a_503_with_retry_after(
    submit: Call, status: Call, queue_url: str
) -> None:
    boto3.client("sqs").delete_queue(QueueUrl=queue_url)
    code, headers, problem = submit()
    assert (code, problem["type"]) == (503, "queue-unavailable")
    assert headers["Retry-After"] == "5"
    assert status()[2]["jobs"] == []


@pytest.mark.usefixtures("submit")
def test_a_defect_is_a_500_without_details() -> None:
    class Broken(MemoryJobStore):
        def create(self, jobs: object) -> bool:
            raise RuntimeError("secret detail")

    answer = submit_api(store=Broken(ManualClock()))(an_event("submit_job"), None)
    problem = json.loads(answer["body"])
    assert (answer["statusCode"], problem["type"]) == (500, "internal-error")
    assert "secret" not in answer["body"]


@pytest.mark.usefixtures("submit")
def test_a_table_that_is_down_is_a_503() -> None:
    store = DynamoJobStore(unreachable(boto3.client("dynamodb")), TABLE, ManualClock())
    answer = submit_api(store=store)(an_event("submit_job"), None)
    assert (answer["statusCode"], json.loads(answer["body"])["type"]) == (503, "store-unavailable")


def test_a_question_that_takes_longer_than_its_preferred_wait_is_accepted(submit: Call) -> None:
    code, _, job = submit(Prefer="respond-async, wait=1")
    assert (code, job["status"]) == (202, "queued")


def test_only_its_caller_can_read_a_job(submit: Call, status: Call) -> None:
    _, _, job = submit()
    code, headers, found = status(job["id"])
    assert (code, found["id"]) == (200, job["id"])
    assert headers["Retry-After"]
    code, _, problem = status(job["id"], x_api_key="another-key")
    assert (code, problem["type"]) == (404, "job-not-found")
    unknown = status("01a2025b-8bf0-7921-b360-49bf83a90e9e")
    assert (unknown[0], unknown[2]) == (code, problem)


def test_an_unchanged_job_is_a_304(submit: Call, status: Call) -> None:
    _, _, job = submit()
    _, headers, _ = status(job["id"])
    code, again, body = status(job["id"], If_None_Match=headers["ETag"])
    assert (code, body) == (304, None)
    assert again["ETag"] == headers["ETag"]
    assert status(job["id"], If_None_Match='W/"other"')[0] == 200


@pytest.mark.parametrize("wait", ["-1", "x", "21", "1.5", "", "٣"])
def test_a_malformed_wait_is_refused(submit: Call, status: Call, wait: str) -> None:
    _, _, job = submit()
    code, _, problem = status(job["id"], {"wait": wait})
    assert (code, problem["type"]) == (422, "invalid-request")


@pytest.mark.parametrize("job_id", ["x", "..%2f", "01A2025B-8BF0-7921-B360-49BF83A90E9E"])
def test_a_malformed_id_is_refused(status: Call, job_id: str) -> None:
    code, _, problem = status(job_id)
    assert (code, problem["type"]) == (400, "invalid-id")


def test_jobs_are_listed_in_pages(submit: Call, status: Call) -> None:
    ids = [submit()[2]["id"] for _ in range(3)]
    _, _, first = status(None, {"limit": "2"})
    _, _, second = status(None, {"limit": "2", "cursor": first["next_cursor"]})
    listed = [job["id"] for page in (first, second) for job in page["jobs"]]
    assert sorted(listed) == sorted(ids)
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    ("query", "code", "kind"),
    [
        ({"limit": "0"}, 422, "invalid-request"),
        ({"limit": "101"}, 422, "invalid-request"),
        ({"status": "lost"}, 422, "invalid-request"),
        ({"page": "2"}, 422, "invalid-request"),
        ({"cursor": "x"}, 400, "invalid-cursor"),
        ({"cursor": "ä"}, 400, "invalid-cursor"),
        ({"cursor": ""}, 400, "invalid-cursor"),
    ],
)
def test_a_list_with_bad_parameters_is_refused(
    status: Call, query: dict[str, str], code: int, kind: str
) -> None:
    found, _, problem = status(None, query)
    assert (found, problem["type"]) == (code, kind)
