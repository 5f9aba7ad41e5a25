from typing import Any

import pytest

from tests.e2e.running_stack import RunningStack

UNKNOWN = "01a2025b-8bf0-7921-b360-49bf83a90e9e"


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "kind"),
    [
        ("POST", "/jobs", {"json": {"question": "Why?"}, "headers": {"x-api-key": ""}}, 401, "unauthorized"),
        ("GET", "/jobs", {"headers": {"x-api-key": "wrong"}}, 401, "unauthorized"),
        ("GET", "/nothing", {}, 404, "route-not-found"),
        ("DELETE", "/jobs", {}, 404, "route-not-found"),
        ("POST", "/jobs", {"content": b"{", "headers": {"content-type": "application/json"}}, 400, "invalid-json"),
        ("POST", "/jobs", {"content": b"\xff\xfe", "headers": {"content-type": "application/json"}}, 400, "invalid-json"),
        ("POST", "/jobs", {"data": {"question": "Why?"}}, 415, "unsupported-media-type"),
        ("POST", "/jobs", {"json": {"question": "a" * 1001}}, 422, "invalid-request"),
        ("POST", "/jobs", {"json": {"question": "Why?", "filter": {"deck": "3"}}}, 422, "unsupported-filter"),
        ("POST", "/jobs", {"json": {"question": "Why?", "previous_job_id": UNKNOWN}}, 404, "job-not-found"),
        ("GET", f"/jobs/{UNKNOWN}", {}, 404, "job-not-found"),
        ("GET", "/jobs/7", {}, 400, "invalid-id"),
        ("GET", "/jobs?limit=1000", {}, 422, "invalid-request"),
    ],
)  # fmt: skip
def test_a_bad_request_is_refused_with_a_problem(
    running: RunningStack, method: str, path: str, options: dict[str, Any], status: int, kind: str
) -> None:
    answer = running.call(method, path, **options)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["type"], problem["status"]) == (kind, status)
    assert problem["detail"]
