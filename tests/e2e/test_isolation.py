"""Two callers on the running stack: another caller's jobs look as if they did not exist."""

import json

import httpx
import pytest
from websockets.sync.client import connect

from tests.e2e.running_stack import RunningStack

UNKNOWN = "01a2025b-8bf0-7921-b360-49bf83a90e9e"


def call_as_other(running: RunningStack, method: str, path: str) -> httpx.Response:
    return running.call(method, path, headers={"x-api-key": running.stack.deployed.other_api_key})


@pytest.mark.parametrize(
    "route",
    ["GET /jobs/{}", "POST /jobs/{}/cancel", "POST /jobs/{}/retry", "GET /batches/{}",
     "POST /batches/{}/cancel", "GET /jobs?batch_id={}"],
)  # fmt: skip
def test_another_callers_ids_look_unknown(running: RunningStack, route: str) -> None:
    job = running.call("POST", "/jobs", json={"question": "What is lost property?"}).json()
    questions = [{"custom_id": "a", "question": "What is lost property?"}]
    batch = running.call("POST", "/batches", json={"questions": questions}).json()
    method, path = route.split(" ")
    unknown = call_as_other(running, method, path.format(UNKNOWN))
    for item_id in (job["id"], batch["id"], batch["jobs"][0]["id"]):
        answer = call_as_other(running, method, path.format(item_id))
        assert (answer.status_code, answer.json()) == (unknown.status_code, unknown.json())
        assert running.call("GET", f"/jobs/{job['id']}").json()["status"] != "cancelled"
    assert unknown.status_code == 404 or unknown.json()["jobs"] == []


def test_another_callers_jobs_look_unknown_over_a_connection(running: RunningStack) -> None:
    job = running.call("POST", "/jobs", json={"question": "What is lost property?"}).json()
    ticket = call_as_other(running, "POST", "/tickets").json()["ticket"]
    with connect(f"{running.stack.deployed.websocket_url}?ticket={ticket}") as socket:
        for job_id in (UNKNOWN, job["id"]):
            socket.send(json.dumps({"action": "subscribe", "job_ids": [job_id]}))
            reply = json.loads(socket.recv(timeout=20))
            assert (reply["type"], reply["problem"]["type"]) == ("error", "job-not-found")
            assert reply["job_id"] == job_id
