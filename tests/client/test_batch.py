"""Batches in the library, blocking and on an event loop."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from sluice_client import AsyncSluice, Batch, Counts, Job, Refused, Sluice, Unreachable
from tests.client.fakes import JOB_ID, KEY, URL, FakeService, job_json, problem, reply

BATCH_ID = "01a2025b-8bf0-7921-b360-49bf83a90e9e"


def batch_json(*statuses: str) -> dict[str, Any]:
    states = ("queued", "in_progress", "completed", "failed", "cancelled")
    return {
        "id": BATCH_ID,
        "created_at": "2027-01-15T08:16:40Z",
        "request_counts": {"total": len(statuses)}
        | {state: statuses.count(state) for state in states},
        "estimated_wait_seconds": 12,
        "jobs": [
            {"id": f"{JOB_ID}-{n}", "custom_id": f"row-{n}", "status": status}
            for n, status in enumerate(statuses, start=1)
        ],
    }


def test_a_batch_is_submitted_in_one_request_with_its_key(
    sluice: Sluice, service: FakeService
) -> None:
    service.replies(reply(batch_json("queued", "queued"), 202, retry_after="9"))

    batch = sluice.submit_batch(
        [
            {"custom_id": "row-1", "question": "What?", "filter": None},
            {"custom_id": "row-2", "question": "Why?", "metadata": {"sheet": "A"}},
        ],
        idempotency_key="mine",
    )

    request = service.requests[0]
    assert (request.method, service.paths) == ("POST", ["/v1/batches"])
    assert request.headers["idempotency-key"] == "mine"
    assert json.loads(request.content) == {
        "questions": [
            {"custom_id": "row-1", "question": "What?"},
            {"custom_id": "row-2", "question": "Why?", "metadata": {"sheet": "A"}},
        ]
    }
    assert (batch.id, batch.retry_after, batch.estimated_wait_seconds) == (BATCH_ID, 9, 12)
    assert batch.counts == Counts(2, 2, 0, 0, 0, 0)
    assert [(job.custom_id, job.status) for job in batch.jobs] == [
        ("row-1", "queued"),
        ("row-2", "queued"),
    ]
    assert not batch.finished


def test_a_batch_without_a_key_gets_one_for_all_retries(
    sluice: Sluice, service: FakeService
) -> None:
    service.replies(httpx.ReadTimeout("lost"), reply(batch_json("queued"), 202))

    sluice.submit_batch([{"custom_id": "a", "question": "What?"}])

    first, second = (request.headers["idempotency-key"] for request in service.requests)
    assert first == second != ""


def test_a_batch_is_looked_at(sluice: Sluice, service: FakeService) -> None:
    service.replies(reply(batch_json("completed", "failed", "cancelled")))

    batch = sluice.batch(BATCH_ID)

    assert service.paths == [f"/v1/batches/{BATCH_ID}"]
    assert (batch.finished, batch.retry_after) == (True, None)
    assert batch.counts.failed == 1


def test_an_unknown_batch_is_refused(sluice: Sluice, service: FakeService) -> None:
    service.replies(problem(404, "batch-not-found", "There is no such batch."))

    with pytest.raises(Refused) as caught:
        sluice.batch(BATCH_ID)

    assert caught.value.problem.name == "batch-not-found"


def test_what_can_be_no_batch_id_is_not_sent(sluice: Sluice, service: FakeService) -> None:
    with pytest.raises(ValueError, match=r"'\.\./jobs' is not a batch id"):
        sluice.batch("../jobs")

    assert not service.requests


@pytest.mark.parametrize("body", [{}, {"id": "$(reboot)"}, {"id": 5}])
def test_a_response_that_is_not_a_batch_says_check_the_url(
    sluice: Sluice, service: FakeService, body: dict[str, Any]
) -> None:
    service.unchecked(reply(body))

    with pytest.raises(Unreachable, match="the response is not a batch"):
        sluice.batch(BATCH_ID)


def test_a_batch_with_few_fields_is_read() -> None:
    assert Batch.from_json({"id": "x"}) == Batch("x", raw={"id": "x"})


def test_the_jobs_of_a_batch_are_listed_page_after_page(
    sluice: Sluice, service: FakeService
) -> None:
    service.replies(
        reply({"jobs": [job_json(batch_id=BATCH_ID, custom_id="row-2")], "next_cursor": "c"}),
        reply({"jobs": [job_json(batch_id=BATCH_ID, custom_id="row-1")], "next_cursor": None}),
    )

    jobs = list(sluice.all_jobs("completed", 1, BATCH_ID))

    assert [(job.batch_id, job.custom_id) for job in jobs] == [
        (BATCH_ID, "row-2"),
        (BATCH_ID, "row-1"),
    ]
    query = f"status=completed&batch_id={BATCH_ID}&limit=1"
    assert service.paths == [f"/v1/jobs?{query}", f"/v1/jobs?{query}&cursor=c"]


def test_a_single_question_has_no_batch() -> None:
    job = Job.from_json(job_json(batch_id=None, custom_id=None))

    assert (job.batch_id, job.custom_id) == (None, None)


def test_the_same_on_an_event_loop(service: FakeService) -> None:
    service.replies(
        reply(batch_json("queued"), 202),
        reply(batch_json("completed")),
        reply({"jobs": [job_json()], "next_cursor": None}),
        reply({"jobs": [job_json()], "next_cursor": None}),
    )

    async def use() -> None:
        async with AsyncSluice(URL, KEY, transport=httpx.MockTransport(service)) as sluice:
            batch = await sluice.submit_batch([{"custom_id": "a", "question": "What?"}], "mine")
            assert (await sluice.batch(batch.id)).finished
            assert len((await sluice.jobs(batch_id=batch.id)).jobs) == 1
            assert [job.id async for job in sluice.all_jobs(batch_id=batch.id)] == [JOB_ID]

    asyncio.run(use())
    assert service.paths[2:] == [f"/v1/jobs?batch_id={BATCH_ID}"] * 2
