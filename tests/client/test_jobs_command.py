"""`sluice job` and `sluice jobs`."""

import json
from importlib import metadata

import pytest

from tests.client.conftest import Run
from tests.client.fakes import JOB_ID, FakeService, job_json, problem, queued, reply


def test_a_finished_job_is_printed_like_an_answer(run: Run, service: FakeService) -> None:
    service.replies(reply(job_json()))

    ran = run("job", JOB_ID)

    assert ran.code == 0
    assert ran.out.startswith("The deductible is $500 per year [1].\n")
    assert service.paths == [f"/v1/jobs/{JOB_ID}"]


def test_a_running_job_shows_its_phase_and_exits_5(run: Run, service: FakeService) -> None:
    service.replies(reply(queued(3, 20)))

    ran = run("job", JOB_ID)

    assert ran.code == 5
    assert ran.out == f"Job {JOB_ID}: queued, position 3, expected wait 20 s\n"
    assert f"sluice job {JOB_ID} --wait" in ran.err


def test_a_status_of_a_newer_service_is_shown_as_it_is(run: Run, service: FakeService) -> None:
    service.unchecked(reply(job_json("[bold]paused[/bold]")))

    ran = run("job", JOB_ID)

    assert (ran.code, ran.out) == (5, f"Job {JOB_ID}: [bold]paused[/bold]\n")


def test_waiting_for_a_job_prints_its_answer(run: Run, service: FakeService) -> None:
    service.replies(reply(queued(3, 20)), reply(job_json()))

    ran = run("job", JOB_ID, "--wait", "--timeout", "60", "--json")

    assert ran.code == 0
    assert json.loads(ran.out) == job_json()


def test_an_unknown_job_exits_4(run: Run, service: FakeService) -> None:
    service.replies(problem(404, "job-not-found", "There is no such job."))

    ran = run("job", JOB_ID)

    assert (ran.code, ran.out) == (4, "")
    assert (
        ran.err == "The service refused (404 job-not-found): Job not found: There is no such job.\n"
    )


@pytest.mark.parametrize("columns", ["80", "200"])
def test_the_table_cuts_questions_but_never_ids(
    run: Run, service: FakeService, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    long = job_json("in_progress", question="Why\x1b[2J [red]is[/red]\n" + "that so " * 40)
    service.replies(reply({"jobs": [job_json(), long], "next_cursor": None}))

    header, *rows = run("jobs").out.splitlines()

    assert header.split() == ["ID", "STATUS", "AGE", "QUESTION"]
    assert [row.split()[:2] for row in rows] == [[JOB_ID, "completed"], [JOB_ID, "in_progress"]]
    assert all(len(row) <= int(columns) for row in rows)
    assert "\x1b" not in rows[1]
    assert rows[1].rstrip().endswith("…")


def test_a_question_without_room_gets_a_line_of_its_own(
    run: Run, service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    long = job_json("in_progress", question="Why is " + "that so " * 40)
    service.replies(reply({"jobs": [long], "next_cursor": None}))

    *_, facts, question = run("jobs").out.splitlines()

    assert facts.startswith(f"{JOB_ID}  in_progress ")
    assert question.startswith("  Why is that so")
    assert len(question) == 60


def test_the_age_counts_from_the_creation(run: Run, service: FakeService) -> None:
    # The fake clock starts 1,000 s after the moment these jobs count from.
    times = ["2027-01-15T08:16:38Z", "2027-01-15T08:00:00Z", "2027-01-15T05:00:00Z", "2027-01-10"]
    jobs = [job_json(created_at=time) for time in [*times, None, "2028-01-01T00:00:00Z"]]
    service.unchecked(reply({"jobs": jobs, "next_cursor": None}))

    _, *rows = run("jobs").out.splitlines()

    ages = [row.removeprefix(JOB_ID).split("completed")[1].split("What")[0].strip() for row in rows]
    assert ages == ["2 s", "16 min", "3 h", "5 d", "", "0 s"]


def test_jobs_as_json_are_the_services_json(run: Run, service: FakeService) -> None:
    service.unchecked(reply({"jobs": [job_json(new="field")], "next_cursor": None}))

    ran = run("jobs", "--status", "completed", "--json")

    assert json.loads(ran.out) == {"jobs": [job_json(new="field")], "next_cursor": None}
    assert service.paths == ["/v1/jobs?status=completed&limit=20"]


def test_more_jobs_than_a_page_come_from_several(run: Run, service: FakeService) -> None:
    service.replies(
        reply({"jobs": [job_json()] * 100, "next_cursor": "c2"}),
        reply({"jobs": [job_json()] * 30, "next_cursor": "c3"}),
    )

    ran = run("jobs", "--limit", "130", "--json")

    assert len(json.loads(ran.out)["jobs"]) == 130
    assert json.loads(ran.out)["next_cursor"] == "c3"
    assert service.paths == ["/v1/jobs?limit=100", "/v1/jobs?limit=30&cursor=c2"]


def test_an_empty_list_is_not_an_error(run: Run, service: FakeService) -> None:
    service.replies(reply({"jobs": [], "next_cursor": None}))

    ran = run("jobs")

    assert (ran.code, ran.out) == (0, "")
    assert ran.err.startswith("No jobs.")


def test_the_version_is_the_packages(run: Run) -> None:
    ran = run("--version")

    assert (ran.code, ran.out) == (0, f"sluice, version {metadata.version('sluice-client')}\n")
