"""Which failures are tried again, after what pause, and when it ends."""

import httpx
import pytest

from sluice_client import Refused, Retry, ServiceFailed, Sluice, Unreachable
from sluice_client.transport.retry import retry_after
from tests.client.fakes import JOB_ID, KEY, URL, FakeClock, FakeService, job_json, problem, reply


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("silent"),
        httpx.RemoteProtocolError("hung up"),
        problem(429, "too-many-requests", "Slow down."),
        problem(502, "internal-error", "It broke."),
        problem(503, "store-unavailable", "Busy."),
        problem(504, "internal-error", "It took too long."),
    ],
    ids=["connect", "timeout", "cut", "429", "502", "503", "504"],
)
def test_a_passing_failure_is_tried_again(
    sluice: Sluice, service: FakeService, clock: FakeClock, failure: httpx.Response | Exception
) -> None:
    service.replies(failure, reply(job_json()))

    assert sluice.job(JOB_ID).status == "completed"
    assert len(clock.sleeps) == 1


def test_retry_after_is_honoured_and_spread_a_little(
    sluice: Sluice, service: FakeService, clock: FakeClock
) -> None:
    service.replies(problem(429, "too-many-requests", "Slow.", retry_after="7"), reply(job_json()))

    sluice.job(JOB_ID)

    assert 7 <= clock.sleeps[0] <= 7 + Retry().base


def test_a_retry_after_beyond_the_budget_is_not_slept_through(
    sluice: Sluice, service: FakeService, clock: FakeClock
) -> None:
    service.replies(problem(429, "too-many-requests", "Slow.", retry_after="3600"))

    with pytest.raises(Refused) as caught:
        sluice.job(JOB_ID)

    assert caught.value.retry_after == 3600
    assert clock.sleeps == []


def test_pauses_grow_up_to_a_bound_and_are_jittered() -> None:
    pauses = [[Retry(base=1).pause(attempt, None) for _ in range(200)] for attempt in (1, 2, 3)]

    assert all(max(tried) <= longest for tried, longest in zip(pauses, (1, 2, 4), strict=True))
    assert all(max(tried) > longest / 2 for tried, longest in zip(pauses, (1, 2, 4), strict=True))
    assert len(set(pauses[0])) > 100


def test_retries_end_after_the_last_attempt(service: FakeService, clock: FakeClock) -> None:
    service.replies(*[httpx.ConnectError("refused")] * 3)
    transport = httpx.MockTransport(service)

    with (
        Sluice(URL, KEY, transport=transport, clock=clock, retry=Retry(attempts=3)) as sluice,
        pytest.raises(Unreachable),
    ):
        sluice.job(JOB_ID)

    assert len(service.requests) == 3


def test_retries_end_with_the_budget(service: FakeService, clock: FakeClock) -> None:
    def slow(request: httpx.Request) -> httpx.Response:
        clock.now += 30
        return httpx.Response(503, headers={"retry-after": "1"})

    service.unchecked(*[slow] * 9)
    retry = Retry(attempts=9, budget=60)
    transport = httpx.MockTransport(service)

    with (
        Sluice(URL, KEY, transport=transport, clock=clock, retry=retry) as sluice,
        pytest.raises(ServiceFailed),
    ):
        sluice.job(JOB_ID)

    assert len(service.requests) == 2


def test_a_refusal_is_not_tried_again(sluice: Sluice, service: FakeService) -> None:
    service.replies(problem(422, "invalid-request", "The question is empty."))

    with pytest.raises(Refused):
        sluice.submit("x")

    assert len(service.requests) == 1


def test_a_repeated_submission_carries_the_same_idempotency_key(
    sluice: Sluice, service: FakeService
) -> None:
    service.replies(httpx.ReadError("cut"), reply(job_json("queued"), 202))
    service.replies(reply(job_json("queued"), 202))

    sluice.submit("What?")
    sluice.submit("What?")

    first, again, other = (request.headers["idempotency-key"] for request in service.requests)
    assert first == again
    assert other != first


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        ("Fri, 15 Jan 2027 08:00:30 GMT", 30.0),
        ("Fri, 15 Jan 2027 08:00:30 -0000", 30.0),
        ("Fri, 15 Jan 2027 07:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("", None),
        ("²", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(value: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": value}, now=1_800_000_000) == seconds
