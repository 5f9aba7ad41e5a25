"""The files of a burst: full disks, torn lines, two runs at once, files of others."""

import errno
import json
import os
from pathlib import Path

import httpx
import pytest

from sluice_client.burst import submission
from tests.client.burst.conftest import Burst
from tests.client.burst.fakes import (
    BurstService,
    all_are_asked_and_answered_once,
    numbered,
    read_answers,
    write_questions,
)
from tests.client.conftest import Ran, Run


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    return write_questions(tmp_path / "questions.jsonl", numbered(8))


@pytest.mark.parametrize(
    ("where", "fits"),
    [*(("answers", fits) for fits in range(8)), *(("journal", fits) for fits in range(16))],
)
def test_a_full_disk_leaves_whole_lines_and_the_next_run_goes_on(
    burst: Burst,
    service: BurstService,
    answers: Path,
    journal: Path,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    fits: int,
) -> None:
    monkeypatch.setattr(submission, "MOST_QUESTIONS", 1)
    written = 0
    raw_write = os.write

    def filling(descriptor: int, data: bytes) -> int:
        nonlocal written
        full = answers if where == "answers" else journal
        if not os.path.samestat(os.fstat(descriptor), full.stat()):
            return raw_write(descriptor, data)
        written += 1
        if written == fits + 1:
            return raw_write(descriptor, data[: len(data) // 2])
        if written > fits:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return raw_write(descriptor, data)

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", filling)
        ran = burst()

    assert ran.code == 5
    assert "could not be written (No space left on device)" in ran.err
    assert "run the same command again to go on" in ran.err
    read_answers(answers)
    for line in journal.read_text().splitlines():
        json.loads(line)
    assert burst().code == 0
    all_are_asked_and_answered_once(service, answers, journal)


def test_two_runs_at_once_are_refused(
    run: Run, service: BurstService, burst: Burst, questions: Path, answers: Path, journal: Path
) -> None:
    seconds: list[Ran] = []

    def second(request: httpx.Request) -> None:
        if not seconds:
            seconds.append(Ran(0, "", ""))
            seconds[0] = run("burst", str(questions), "-o", str(answers))

    service.obstacle = second

    assert burst().code == 0
    assert seconds[0].code == 2
    assert "another `sluice burst` is writing" in seconds[0].err
    all_are_asked_and_answered_once(service, answers, journal)


@pytest.mark.parametrize(
    "content",
    [
        "My precious notes",
        "My precious notes\n",
        '{"custom_id": "a", "question": "What?"}\n',
        '["custom_id"]\n',
        "\n",
    ],
)
def test_a_file_of_something_else_is_not_touched(
    burst: Burst, service: BurstService, answers: Path, content: str
) -> None:
    answers.write_text(content)

    ran = burst()

    assert (ran.code, answers.read_text(), service.requests) == (2, content, [])
    assert "was not written by `sluice burst`" in ran.err


def test_the_questions_are_not_overwritten_with_answers(
    run: Run, service: BurstService, questions: Path
) -> None:
    before = questions.read_bytes()

    ran = run("burst", str(questions), "-o", str(questions))

    assert (ran.code, questions.read_bytes(), service.requests) == (2, before, [])


@pytest.mark.parametrize(
    "tail", [b"\0" * 40, b'{"custom_id": "row-8", "job_id": "01\0\0\0', b"{", None]
)
def test_the_tail_a_power_cut_leaves_is_mended(
    burst: Burst, service: BurstService, answers: Path, journal: Path, tail: bytes | None
) -> None:
    burst()
    lines = answers.read_bytes().splitlines(keepends=True)
    # None: nothing but the last line's end is missing.
    last = lines[-1].rstrip(b"\n") if tail is None else tail
    answers.write_bytes(b"".join(lines[:-1]) + last)

    assert burst().code == 0
    all_are_asked_and_answered_once(service, answers, journal)


def test_answers_that_utf_8_cannot_carry_are_kept_as_json_can(
    burst: Burst, service: BurstService, answers: Path, questions: Path
) -> None:
    write_questions(questions, ["What?"])
    told = service._told
    service._told = lambda job: told(job) | {"answer": {"text": "half \ud83d, whole 東\u2028"}}  # type: ignore[method-assign]

    assert burst().code == 0
    assert json.loads(answers.read_bytes())["answer"]["text"] == "half \ud83d, whole 東\u2028"
    assert "東".encode() in answers.read_bytes()
    assert burst().code == 0


def test_an_output_given_by_another_name_stays_that_name(
    run: Run, service: BurstService, questions: Path, answers: Path, tmp_path: Path
) -> None:
    write_questions(questions, ["fail a"])
    link = tmp_path / "link.jsonl"
    answers.touch()
    link.symlink_to(answers)
    run("burst", str(questions), "-o", str(link))

    run("burst", str(questions), "-o", str(link), "--retry-failed")

    assert link.is_symlink()
    assert len(read_answers(answers)) == 1


def test_what_a_power_cut_must_not_take_is_on_the_disk_first(
    burst: Burst,
    service: BurstService,
    answers: Path,
    journal: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    happened: list[str] = []
    sync = os.fsync

    def syncing(descriptor: int) -> None:
        for path in (answers, journal):
            if path.exists() and os.path.samestat(os.fstat(descriptor), path.stat()):
                lines = path.read_bytes().count(b"\n")
                happened.append(f"{path.suffix} with {lines}")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", syncing)
    service.obstacle = lambda request: happened.append(request.method)

    assert burst().code == 0
    assert happened[:3] == [".state with 1", "POST", ".state with 2"]
    assert happened[-1] == ".jsonl with 8"
