"""Following a job until it is finished."""

from typing import Any

import httpx
import pytest

from sluice_client import Job, Sluice, Unreachable, WaitTimeout
from tests.client.fakes import JOB_ID, FakeClock, FakeService, job_json, problem, queued, reply

RUNNING: dict[str, Any] = job_json("in_progress")


def not_modified(**headers: str) -> httpx.Response:
    return httpx.Response(304, headers={k.replace("_", "-"): v for k, v in headers.items()})


def test_a_request_is_held_for_twenty_seconds(sluice: Sluice, service: FakeService) -> None:
    service.replies(reply(job_json()))

    assert sluice.wait(JOB_ID).status == "completed"
    assert service.paths == [f"/v1/jobs/{JOB_ID}?wait=20"]


def test_a_longer_hold_than_the_service_allows_is_not_asked_for(
    sluice: Sluice, service: FakeService
) -> None:
    service.replies(reply(job_json()))

    sluice.job(JOB_ID, wait=99)

    assert service.paths == [f"/v1/jobs/{JOB_ID}?wait=20"]


def test_a_watched_job_is_held_long_only_once_the_service_knows_what_was_seen(
    sluice: Sluice, service: FakeService
) -> None:
    service.replies(reply(queued(1, 2)), reply(RUNNING, etag='"a"'), reply(job_json()))

    sluice.wait(JOB_ID, on_change=lambda job: None)

    assert [path.rpartition("=")[2] for path in service.paths] == ["1", "1", "20"]


def test_the_second_request_names_the_etag_of_the_first(
    sluice: Sluice, service: FakeService
) -> None:
    service.replies(reply(RUNNING, etag='"a"'), not_modified(), reply(job_json(), etag='"b"'))

    sluice.wait(JOB_ID)

    tags = [request.headers.get("if-none-match") for request in service.requests]
    assert tags == [None, '"a"', '"a"']


def test_a_304_is_no_change(sluice: Sluice, service: FakeService) -> None:
    seen: list[Job] = []
    service.replies(reply(RUNNING, etag='"a"'), not_modified(), not_modified(), reply(job_json()))

    sluice.wait(JOB_ID, on_change=seen.append)

    assert [job.status for job in seen] == ["in_progress", "completed"]


def test_the_same_job_again_is_no_change_either(sluice: Sluice, service: FakeService) -> None:
    seen: list[Job] = []
    service.replies(
        reply(queued(2, 9)), reply(queued(2, 9)), reply(queued(1, 4)), reply(job_json())
    )

    sluice.wait(JOB_ID, on_change=seen.append)

    assert [job.queue and job.queue.position for job in seen] == [2, 1, 0]


def test_the_pause_the_service_asks_for_is_respected(
    sluice: Sluice, service: FakeService, clock: FakeClock
) -> None:
    service.replies(reply(queued(9, 30), retry_after="30"), not_modified(retry_after="4"))
    service.replies(reply(job_json()))

    sluice.wait(JOB_ID)

    assert clock.sleeps == [30, 4]


def test_the_time_a_request_was_held_counts_towards_the_pause(
    sluice: Sluice, service: FakeService, clock: FakeClock
) -> None:
    def held(request: httpx.Request) -> httpx.Response:
        clock.now += 20
        return reply(queued(9, 30), retry_after="30")

    service.replies(held, reply(job_json()))

    sluice.wait(JOB_ID)

    assert clock.sleeps == [10]


def test_an_absurd_pause_is_cut_to_five_minutes(
    sluice: Sluice, service: FakeService, clock: FakeClock
) -> None:
    service.replies(reply(queued(9, 30), retry_after="999999"), reply(job_json()))

    sluice.wait(JOB_ID)

    assert clock.sleeps == [300]


def test_a_service_that_neither_holds_nor_paces_is_not_hammered(
    sluice: Sluice, service: FakeService, clock: FakeClock
) -> None:
    service.replies(*[reply(RUNNING)] * 10, reply(job_json()))

    sluice.wait(JOB_ID)

    assert sum(clock.sleeps) >= 5


def test_a_held_request_is_followed_by_the_next_at_once(
    sluice: Sluice, service: FakeService, clock: FakeClock
) -> None:
    def held(request: httpx.Request) -> httpx.Response:
        clock.now += int(request.url.params["wait"])
        return reply(RUNNING)

    service.replies(held, held, reply(job_json()))

    sluice.wait(JOB_ID)

    assert sum(clock.sleeps) == 0


def test_a_wait_that_times_out_names_the_job_and_how_to_continue(
    sluice: Sluice, service: FakeService, clock: FakeClock
) -> None:
    service.replies(reply(queued(9, 30), retry_after="30"), reply(queued(8, 25), retry_after="25"))

    with pytest.raises(WaitTimeout, match=f"sluice job {JOB_ID} --wait") as caught:
        sluice.wait(JOB_ID, timeout=5)

    assert caught.value.job_id == JOB_ID
    assert caught.value.job is not None
    assert caught.value.job.queue is not None
    assert caught.value.job.queue.position == 8
    assert sum(clock.sleeps) == 5


def test_no_request_is_held_beyond_the_timeout(sluice: Sluice, service: FakeService) -> None:
    service.replies(reply(job_json()))

    sluice.wait(JOB_ID, timeout=7.9)

    assert service.paths == [f"/v1/jobs/{JOB_ID}?wait=7"]


def test_the_last_look_is_not_held(sluice: Sluice, service: FakeService) -> None:
    service.replies(reply(RUNNING, retry_after="9"), reply(job_json()))

    assert sluice.wait(JOB_ID, timeout=3).status == "completed"
    assert service.paths[-1] == f"/v1/jobs/{JOB_ID}"


def test_a_failure_on_the_way_does_not_end_the_wait(sluice: Sluice, service: FakeService) -> None:
    service.replies(
        reply(RUNNING), httpx.ReadError("cut"), problem(503, "store-unavailable", "Busy.")
    )
    service.replies(reply(job_json()))

    assert sluice.wait(JOB_ID).status == "completed"


def test_retries_do_not_outlast_the_timeout(
    sluice: Sluice, service: FakeService, clock: FakeClock
) -> None:
    def cut(request: httpx.Request) -> httpx.Response:
        clock.now += 2
        raise httpx.ReadError("cut")

    service.replies(*[cut] * 4)

    with pytest.raises(Unreachable):
        sluice.wait(JOB_ID, timeout=1)

    assert len(service.requests) == 1


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
def test_each_final_status_ends_the_wait(sluice: Sluice, service: FakeService, status: str) -> None:
    service.replies(reply(job_json(status)))

    assert sluice.wait(JOB_ID).status == status


def test_asking_submits_and_waits_within_one_timeout(
    sluice: Sluice, service: FakeService, clock: FakeClock
) -> None:
    seen: list[Job] = []

    def slow(request: httpx.Request) -> httpx.Response:
        clock.now += 4.5
        return reply(queued(1, 2), 202)

    service.replies(slow, reply(queued(1, 2)), reply(job_json()))

    job = sluice.ask("What?", timeout=5, on_change=seen.append)

    assert job.answer is not None
    assert service.paths[:2] == ["/v1/jobs", f"/v1/jobs/{JOB_ID}"]
    assert [job.status for job in seen] == ["queued", "completed"]
