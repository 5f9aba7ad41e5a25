"""`sluice ask`, as a script sees it: its streams are not a terminal."""

import io
import json
import sys
from types import SimpleNamespace

import pytest

from tests.client.conftest import Run
from tests.client.fakes import (
    JOB_ID,
    FakeService,
    job_json,
    problem,
    queued,
    reply,
    source_json,
)


def type_in(monkeypatch: pytest.MonkeyPatch, typed: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(typed)))


def test_the_answer_and_its_sources_go_to_stdout(run: Run, service: FakeService) -> None:
    service.replies(reply(job_json("queued"), 202), reply(job_json()))

    ran = run("ask", "What is the deductible?")

    assert ran.code == 0
    assert ran.out == (
        "The deductible is $500 per year [1].\n"
        "\n"
        "Sources\n"
        "[1] Benefits handbook, p. 23  (high confidence)\n"
        "    The annual deductible is $500 for each member.\n"
        "    https://documents.example/handbook.pdf#page=23\n"
    )


def test_each_step_is_a_plain_line_on_stderr(run: Run, service: FakeService) -> None:
    answering = job_json("in_progress", timing={"retrieval_ms": 80})
    service.replies(reply(queued(3, 20), 202), reply(queued(3, 20)), reply(queued(2, 12)))
    service.replies(reply(job_json("in_progress")), reply(answering), reply(job_json()))

    ran = run("ask", "What?")

    assert ran.err.splitlines() == [
        "queued, position 3, expected wait 20 s",
        "queued, position 2, expected wait 12 s",
        "retrieving",
        "answering",
        f"Job {JOB_ID}, 3.5 s, a-model",
    ]


def test_streams_that_are_no_terminal_get_no_escape_codes(
    run: Run, service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    service.replies(reply(queued(1, 2), 202), reply(job_json()))

    ran = run("ask", "What?")

    assert "\x1b" not in ran.out + ran.err
    assert "\r" not in ran.out + ran.err


def test_json_is_the_jobs_json_and_nothing_else(run: Run, service: FakeService) -> None:
    document = job_json(unknown={"é": "\u202e\x9b"}, question="[bold]q[/bold] " + "long " * 99)
    service.replies(reply(queued(1, 2), 202))
    service.unchecked(reply(document))

    ran = run("ask", "What?", "--json")

    assert ran.code == 0
    assert json.loads(ran.out) == document
    assert ran.out.isascii()
    assert "\x1b" not in ran.out


def test_a_job_that_failed_is_json_too_and_exits_1(run: Run, service: FakeService) -> None:
    document = job_json("failed", error={"type": "too-late", "title": "Too late"})
    service.replies(reply(queued(1, 2), 202), reply(document))

    ran = run("ask", "What?", "--json")

    assert ran.code == 1
    assert json.loads(ran.out) == document


@pytest.mark.parametrize("sources", [[], [source_json()]], ids=["none", "unused"])
def test_an_answer_that_rests_on_nothing_is_an_answer_without_sources(
    run: Run, service: FakeService, sources: list[dict[str, object]]
) -> None:
    answer = {"text": "The documents do not say.", "citations": [], "grounded": False}
    service.replies(reply(queued(1, 2), 202), reply(job_json(answer=answer, sources=sources)))

    ran = run("ask", "What?")

    more = f"1 more source was found: sluice job {JOB_ID} --all-sources\n" if sources else ""
    assert (ran.code, ran.out) == (0, f"The documents do not say.\n\nNo sources.\n{more}")


def test_all_sources_are_shown_on_request(run: Run, service: FakeService) -> None:
    sources = [source_json(), source_json(number=2, title="Another handbook")]
    service.replies(*[reply(job_json(sources=sources))] * 2)

    assert "Another handbook" not in run("job", JOB_ID).out
    assert "[2] Another handbook" in run("job", JOB_ID, "--all-sources").out


def test_filters_of_all_kinds_become_one_filter(run: Run, service: FakeService) -> None:
    service.replies(reply(queued(1, 2), 202), reply(job_json()))
    options = ["--category", "benefits", "--version", "2024", "--language", "en"]
    options += ["--filter", "region=emea", "--filter", "region=a=b", "--filter", "year:=2024"]

    run("ask", "What?", *options)

    assert json.loads(service.requests[0].content)["filter"] == {
        "category": "benefits",
        "version": "2024",
        "language": "en",
        "region": ["emea", "a=b"],
        "year": 2024,
    }


def test_a_follow_up_names_the_job_before(run: Run, service: FakeService) -> None:
    service.replies(reply(queued(1, 2), 202), reply(job_json()))

    run("ask", "And for a family?", "--follow", JOB_ID)

    assert json.loads(service.requests[0].content) == {
        "question": "And for a family?",
        "previous_job_id": JOB_ID,
    }


def test_a_dash_reads_the_question_from_stdin(
    run: Run, service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    type_in(monkeypatch, "\ufeffQu'est-ce qui est couvert ? é\n".encode())
    service.replies(reply(queued(1, 2), 202), reply(job_json()))

    assert run("ask", "-").code == 0
    assert json.loads(service.requests[0].content)["question"] == "Qu'est-ce qui est couvert ? é"


@pytest.mark.parametrize("typed", [b"", b" \n", b"\xff\xfe", b"x" * 70_000])
def test_a_stdin_that_holds_no_question_is_wrong_usage(
    run: Run, service: FakeService, monkeypatch: pytest.MonkeyPatch, typed: bytes
) -> None:
    type_in(monkeypatch, typed)

    assert run("ask", "-").code == 2
    assert not service.requests


def test_control_characters_and_markup_in_documents_do_nothing(
    run: Run, service: FakeService
) -> None:
    nasty = "\x1b]0;owned\x07\x9b2J\u202etxt.exe\u2066[bold red]x[/bold red] :smile: \x7f"
    answer = {"text": f"{nasty}\nsecond line [1]", "grounded": True}
    source = source_json(title=f"a\n{nasty}", excerpt=nasty, link=nasty, confidence=nasty)
    service.unchecked(reply(job_json(answer=answer, sources=[source], model=nasty), 202))

    ran = run("ask", "What?")

    assert not set("\x1b\x07\x9b\u202e\u2066\x7f") & set(ran.out + ran.err)
    assert ran.out.count("[bold red]x[/bold red] :smile:") == 5
    assert "\nsecond line [1]\n" in ran.out


def test_control_characters_in_an_error_do_nothing(run: Run, service: FakeService) -> None:
    service.replies(problem(422, "invalid-request", "No \x1b[2Jfilter\n[bold]x[/bold]."))

    ran = run("ask", "What?")

    assert ran.err.count("\n") == 1
    assert "\x1b" not in ran.err
    assert "[bold]x[/bold]" in ran.err
