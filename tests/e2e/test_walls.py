"""Two callers on the running stack: what is another's is as if it did not exist."""

import json

import httpx
import pytest
from websockets.sync.client import connect

from tests.e2e.site import Site

NOBODYS = "01a2025b-8bf0-7921-b360-49bf83a90e9e"


def call_as_other(site: Site, method: str, path: str) -> httpx.Response:
    return site.call(method, path, headers={"x-api-key": site.stack.deployed.other_api_key})


@pytest.mark.parametrize(
    "route",
    ["GET /jobs/{}", "POST /jobs/{}/cancel", "POST /jobs/{}/retry", "GET /batches/{}",
     "POST /batches/{}/cancel", "GET /jobs?batch_id={}"],
)  # fmt: skip
def test_another_callers_things_are_as_if_they_did_not_exist(site: Site, route: str) -> None:
    job = site.call("POST", "/jobs", json={"question": "What is lost property?"}).json()
    questions = [{"custom_id": "a", "question": "What is lost property?"}]
    batch = site.call("POST", "/batches", json={"questions": questions}).json()
    method, path = route.split(" ")
    nobodys = call_as_other(site, method, path.format(NOBODYS))
    for thing in (job["id"], batch["id"], batch["jobs"][0]["id"]):
        answer = call_as_other(site, method, path.format(thing))
        assert (answer.status_code, answer.json()) == (nobodys.status_code, nobodys.json())
        assert site.call("GET", f"/jobs/{job['id']}").json()["status"] != "cancelled"
    assert nobodys.status_code == 404 or nobodys.json()["jobs"] == []


def test_another_callers_jobs_say_nothing_over_a_connection(site: Site) -> None:
    job = site.call("POST", "/jobs", json={"question": "What is lost property?"}).json()
    ticket = call_as_other(site, "POST", "/tickets").json()["ticket"]
    with connect(f"{site.stack.deployed.websocket_url}?ticket={ticket}") as socket:
        for job_id in (NOBODYS, job["id"]):
            socket.send(json.dumps({"action": "subscribe", "job_ids": [job_id]}))
            told = json.loads(socket.recv(timeout=20))
            assert (told["type"], told["problem"]["type"]) == ("error", "job-not-found")
            assert told["job_id"] == job_id
