"""What goes over the wire, and what is read from it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from sluice_client import Answer, Citation, Job, JobPage, Problem, Queue, Sluice, Source
from tests.client.fakes import JOB_ID, KEY, FakeService, job_json, reply, source_json


def body_of(service: FakeService) -> Any:
    return json.loads(service.requests[-1].content)


def test_a_question_alone_sends_nothing_else(sluice: Sluice, service: FakeService) -> None:
    service.replies(reply(job_json("queued"), 202))

    job = sluice.submit("What?")

    request = service.requests[0]
    assert (job.id, job.status, job.finished) == (JOB_ID, "queued", False)
    assert (request.method, service.paths) == ("POST", ["/v1/jobs"])
    assert request.headers["x-api-key"] == KEY
    assert request.headers["content-type"] == "application/json"
    assert body_of(service) == {"question": "What?"}


def test_everything_that_may_go_along_does(sluice: Sluice, service: FakeService) -> None:
    service.replies(reply(job_json("queued"), 202))

    sluice.submit(
        "And for a family?",
        filter={"category": "benefits"},
        previous_job_id=JOB_ID,
        lane="bulk",
        max_wait_seconds=60,
        metadata={"ticket": "4711"},
        idempotency_key="mine",
    )

    assert service.requests[0].headers["idempotency-key"] == "mine"
    assert body_of(service) == {
        "question": "And for a family?",
        "filter": {"category": "benefits"},
        "previous_job_id": JOB_ID,
        "lane": "bulk",
        "max_wait_seconds": 60,
        "metadata": {"ticket": "4711"},
    }


def test_every_field_of_a_job_is_read() -> None:
    job = Job.from_json(job_json())

    assert job.answer == Answer(
        "The deductible is $500 per year [1].", (Citation(32, 35, 1),), grounded=True
    )
    assert job.sources == (Source(**source_json()),)
    assert job.queue == Queue("interactive", 0, 0)
    assert job.usage is not None
    assert job.usage.cost_usd == 0.0012
    assert job.timing is not None
    assert job.timing.retrieval_ms == 80
    assert job.finished_at == datetime(2027, 1, 15, 8, 16, 43, 500_000, tzinfo=UTC)
    assert job.raw == job_json()


def test_fields_this_client_does_not_know_are_ignored_but_kept() -> None:
    raw = job_json(mood="good", sources=[source_json(stars=5)], usage={"joules": 3})

    job = Job.from_json(raw)

    assert job.sources == (Source(**source_json()),)
    assert job.raw["mood"] == "good"


def test_fields_that_are_missing_are_none() -> None:
    job = Job.from_json({"id": "x"})

    assert job == Job(id="x", raw={"id": "x"})
    assert (job.status, job.answer, job.sources, job.created_at) == (None, None, (), None)
    assert not job.finished


@pytest.mark.parametrize("wrong", [None, 7, True, "x", [], {}, [1], {"a": 1}, 1.5])
def test_fields_of_another_type_are_none(wrong: object) -> None:
    names = set(job_json()) - {"id", "status", "question", "model"}

    job = Job.from_json({"id": "x"} | dict.fromkeys(names, wrong))

    assert job.sources == ()
    assert job.created_at is None


def test_a_page_that_is_not_a_number_is_unknown() -> None:
    pages = [Source.from_json({"page": page}).page for page in (None, "23", True, 2.5, 23)]

    assert pages == [None, None, None, None, 23]


def test_a_time_without_an_offset_is_utc() -> None:
    job = Job.from_json(job_json(created_at="2027-01-15T08:16:40", started_at="yesterday"))

    assert job.created_at == datetime(2027, 1, 15, 8, 16, 40, tzinfo=UTC)
    assert job.started_at is None


def test_jobs_hash_though_their_metadata_does_not() -> None:
    assert len({Job.from_json(job_json()), Job.from_json(job_json())}) == 1


def test_a_failed_jobs_error_is_a_problem() -> None:
    error = {"type": "model-throttled", "title": "Throttled", "retryable": True}

    job = Job.from_json(job_json("failed", error=error))

    assert job.error == Problem("model-throttled", "Throttled", retryable=True)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("model-throttled", "model-throttled"),
        ("https://sluice.example/problems/unknown-job", "unknown-job"),
        ("/docs/api.md#unknown-job", "unknown-job"),
        ("about:blank", None),
        ("", None),
        (None, None),
    ],
)
def test_a_problems_name_is_the_last_word_of_its_type(kind: str | None, name: str | None) -> None:
    assert Problem(type=kind).name == name


def test_a_page_of_jobs_is_asked_for_as_given(sluice: Sluice, service: FakeService) -> None:
    service.unchecked(reply({"jobs": [job_json(), 7], "next_cursor": "c2"}))

    page = sluice.jobs("completed", 5, "c1")

    assert page == JobPage((Job.from_json(job_json()),), "c2")
    assert service.paths == ["/v1/jobs?status=completed&limit=5&cursor=c1"]


def test_all_jobs_are_fetched_page_by_page_as_needed(sluice: Sluice, service: FakeService) -> None:
    service.replies(
        reply({"jobs": [job_json(id="a"), job_json(id="b")], "next_cursor": "c2"}),
        reply({"jobs": [job_json(id="c")], "next_cursor": None}),
    )

    jobs = sluice.all_jobs(page_size=2)

    assert next(jobs).id == "a"
    assert len(service.requests) == 1
    assert [job.id for job in jobs] == ["b", "c"]
    assert service.paths == ["/v1/jobs?limit=2", "/v1/jobs?limit=2&cursor=c2"]
