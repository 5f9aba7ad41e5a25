"""What a person at a terminal sees."""

import io
import json

import httpx
import pytest
from rich.console import Console

from sluice_client import Job
from sluice_client.cli import cli
from sluice_client.commands.session import Session
from sluice_client.views.answer import print_answer
from sluice_client.views.printable import one_line, printable
from sluice_client.views.progress import Progress
from tests.client.fakes import (
    KEY,
    URL,
    FakeClock,
    FakeService,
    job_json,
    queued,
    reply,
    source_json,
)


def terminal(width: int = 60) -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=width, highlight=False)


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def plain(width: int = 60) -> Console:
    return Console(file=io.StringIO(), force_terminal=False, width=width, highlight=False)


def test_the_status_line_shows_the_phase_and_the_time(clock: FakeClock) -> None:
    progress = Progress(terminal(), clock, "sending the question")

    progress.show(Job.from_json(queued(3, 90)))
    clock.sleep(12)

    assert progress.line().plain[2:] == "queued, position 3, expected wait 1 min  12 s"


def test_the_live_line_is_one_line_in_a_narrow_window(clock: FakeClock) -> None:
    progress = Progress(terminal(), clock, "sending the question")
    progress.show(Job.from_json(queued(3, 90)))

    assert len(plain(width=20).render_lines(progress.line())) == 1


def test_a_terminal_gets_its_cursor_back_after_an_interruption(clock: FakeClock) -> None:
    console = terminal()

    def interrupted() -> None:
        with Progress(console, clock, "sending the question"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    output = shown(console)
    assert output.index("\x1b[?25l") < output.rindex("\x1b[?25h")


def test_json_goes_to_stdout_though_the_status_line_is_live(
    service: FakeService,
    clock: FakeClock,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SLUICE_URL", URL)
    monkeypatch.setenv("SLUICE_API_KEY", KEY)
    service.replies(*[reply(queued(4, 60), retry_after="60")] * 3)
    session = Session(transport=httpx.MockTransport(service), clock=clock, err=terminal())

    with pytest.raises(SystemExit):
        cli.main(["ask", "What?", "--timeout", "5", "--json"], obj=session)

    assert json.loads(capsys.readouterr().out) == queued(4, 60)
    assert "queued, position 4" in shown(session.err)


def test_a_dumb_terminal_gets_plain_lines(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    console = terminal()

    with Progress(console, clock, "sending the question") as progress:
        progress.show(Job.from_json(job_json("in_progress")))

    assert shown(console) == "retrieving\n"


def test_an_excerpt_takes_two_lines_at_most_and_a_link_is_never_broken() -> None:
    link = "https://documents.example/" + "very-long/" * 12 + "handbook.pdf#page=7"
    source = source_json(excerpt="Every member pays\nthe same amount. " * 20, link=link)
    console = plain(width=60)

    print_answer(console, Job.from_json(job_json(sources=[source])))

    *_, first, second, last = shown(console).splitlines()
    assert first.startswith("    Every member pays the same amount.")
    assert second.endswith("…")
    assert len(first) <= 60
    assert len(second) <= 60
    assert last == f"    {link}"


def test_an_unknown_page_and_an_unknown_confidence_are_left_out() -> None:
    console = plain()
    source = source_json(page=None, confidence="NOT_AVAILABLE", link=None, excerpt=None)

    print_answer(console, Job.from_json(job_json(sources=[source])))

    assert shown(console).splitlines()[3:] == [
        "[1] Benefits handbook",
        "    s3://documents/handbook.pdf",
    ]


def test_a_source_without_fields_is_still_shown() -> None:
    console = plain()

    print_answer(console, Job.from_json(job_json(sources=[{}])), all_sources=True)

    assert shown(console).splitlines()[-1].strip() == "Untitled"


def test_sources_the_answer_does_not_cite_are_counted_and_not_shown() -> None:
    sources = [source_json(number=number, title=f"Book {number}") for number in (1, 2, 3)]
    job = Job.from_json(job_json(sources=sources))
    brief, full = plain(width=100), plain(width=100)

    print_answer(brief, job)
    print_answer(full, job, all_sources=True)

    assert "Book 1" in shown(brief)
    assert "Book 2" not in shown(brief)
    last = shown(brief).splitlines()[-1]
    assert last == f"2 more sources were found: sluice job {job.id} --all-sources"
    assert "[3] Book 3" in shown(full)
    assert "more source" not in shown(full)


def test_an_answer_that_does_not_say_what_it_cites_shows_all_sources() -> None:
    console = plain()
    sources = [source_json(number=number, title=f"Book {number}") for number in (1, 2)]

    print_answer(console, Job.from_json(job_json(sources=sources) | {"answer": {"text": "Yes."}}))

    assert "Book 2" in shown(console)


def test_citation_markers_stand_out_on_a_terminal() -> None:
    console = terminal()

    print_answer(console, Job.from_json(job_json()))

    assert "\x1b[36m[1]\x1b[0m" in shown(console)


def test_a_long_answer_wraps_between_words_and_keeps_its_paragraphs() -> None:
    text = "word " * 40 + "[1]\n\n- item [2]"
    console = plain(width=60)

    print_answer(console, Job.from_json(job_json() | {"answer": {"text": text}}))

    lines = shown(console).splitlines()
    assert all(len(line) <= 60 for line in lines)
    assert lines[lines.index("- item [2]") - 1] == ""


def test_control_characters_are_removed() -> None:
    text = "a\x00\x1b[31m\x9b\x7f\u202eb\u2066\u200f\ufeff\U000e0041\ud800c"

    assert printable(text) == "a[31mbc"


def test_letters_of_every_script_and_joined_emoji_stay() -> None:
    text = "naïve 東京 شركة می‌خواهم 👩‍💻\ttab"

    assert printable(text) == text


def test_every_line_end_becomes_a_newline() -> None:
    assert printable("a\r\nb\rc\u2028d\x85e") == "a\nb\nc\nd\ne"
    assert one_line(" a\r\n\tb ") == "a b"
