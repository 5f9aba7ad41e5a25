"""The files of a burst: full disks, incomplete lines, two runs at once, files of another kind."""

import errno
import json
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from sluice_client.burst import submission
from sluice_client.burst.errors import UnusableFile
from sluice_client.burst.journal import Journal
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


@pytest.mark.parametrize("fits", range(8))
def test_a_full_disk_leaves_whole_answers_and_the_next_run_resumes(
    burst: Burst,
    service: BurstService,
    answers: Path,
    journal: Path,
    monkeypatch: pytest.MonkeyPatch,
    fits: int,
) -> None:
    monkeypatch.setattr(submission, "MOST_QUESTIONS", 1)
    written = 0
    raw_write = os.write

    def filling(descriptor: int, data: bytes) -> int:
        nonlocal written
        if not os.path.samestat(os.fstat(descriptor), answers.stat()):
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
    assert "run the same command again to resume" in ran.err
    read_answers(answers)
    assert burst().code == 0
    all_are_asked_and_answered_once(service, answers, journal)


@pytest.mark.parametrize("pages", range(7, 18))
def test_a_disk_too_full_for_the_journal_ends_the_run_and_the_next_resumes(
    burst: Burst,
    service: BurstService,
    questions: Path,
    answers: Path,
    journal: Path,
    monkeypatch: pytest.MonkeyPatch,
    pages: int,
) -> None:
    monkeypatch.setattr(submission, "MOST_QUESTIONS", 1)
    write_questions(questions, [row | {"metadata": {"note": "x" * 500}} for row in numbered(8)])
    connect = sqlite3.connect

    def connect_to_small_disk(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **options)
        connection.execute("PRAGMA page_size = 512")
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    with monkeypatch.context() as patched:
        patched.setattr(sqlite3, "connect", connect_to_small_disk)
        ran = burst()

    assert ran.code == 5
    assert "could not be written (No space left on device)" in ran.err
    assert "run the same command again to resume" in ran.err
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
def test_the_tail_a_power_cut_leaves_is_repaired(
    burst: Burst, service: BurstService, answers: Path, journal: Path, tail: bytes | None
) -> None:
    burst()
    lines = answers.read_bytes().splitlines(keepends=True)
    # None: nothing but the last line's end is missing.
    last = lines[-1].rstrip(b"\n") if tail is None else tail
    answers.write_bytes(b"".join(lines[:-1]) + last)

    assert burst().code == 0
    all_are_asked_and_answered_once(service, answers, journal)


def test_text_that_utf_8_cannot_encode_is_stored_with_json_escapes(
    burst: Burst, service: BurstService, answers: Path, questions: Path
) -> None:
    write_questions(questions, ["What?"])
    said = service._reported
    text = {"text": "half \ud83d, whole 東\u2028"}
    service._reported = lambda job: said(job) | {"answer": said(job)["answer"] | text}  # type: ignore[method-assign]

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


def test_a_batch_is_in_the_journal_before_it_is_sent_and_its_id_once_accepted(
    burst: Burst, service: BurstService, journal: Path, tmp_path: Path
) -> None:
    recorded: list[tuple[str, list[bool]]] = []

    def look(request: httpx.Request) -> None:
        # A copy shows what a power cut would leave; the journal itself is locked.
        copy = shutil.copy(journal, tmp_path / "copy.state")
        with closing(sqlite3.connect(copy)) as database:
            rows = database.execute("SELECT batch_id IS NOT NULL FROM batches").fetchall()
        recorded.append((request.method, [bool(accepted) for (accepted,) in rows]))

    service.obstacle = look

    assert burst().code == 0
    assert recorded[:2] == [("POST", [False]), ("GET", [True])]


def test_a_change_of_the_journal_survives_a_power_cut(answers: Path) -> None:
    with Journal(answers) as journal:
        [(synchronous,)] = journal._database.execute("PRAGMA synchronous")

    assert synchronous == 3  # EXTRA: file and folder are on the disk when a change returns


def test_the_answers_are_on_the_disk_before_the_journal_goes(
    burst: Burst, answers: Path, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[int, bool]] = []
    sync = os.fsync

    def syncing(descriptor: int) -> None:
        if os.path.samestat(os.fstat(descriptor), answers.stat()):
            synced.append((answers.read_bytes().count(b"\n"), journal.exists()))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", syncing)

    assert burst().code == 0
    assert synced == [(8, True)]


def test_a_run_leaves_nothing_but_the_answers(burst: Burst, answers: Path) -> None:
    assert burst().code == 0
    assert [path.name for path in answers.parent.glob("answers*")] == ["answers.jsonl"]


def test_a_journal_of_an_older_version_is_refused_and_kept(
    burst: Burst, service: BurstService, answers: Path, journal: Path
) -> None:
    content = '{"key": "burst-1-0", "since": 1.0, "asks": []}\n'
    journal.write_text(content)

    ran = burst()

    assert (ran.code, journal.read_text(), service.requests) == (2, content, [])
    assert "is the journal of an older version of `sluice`" in ran.err
    assert "complete the burst with that version, or delete the file" in ran.err


def test_a_journal_of_something_else_is_not_touched(
    burst: Burst, service: BurstService, journal: Path
) -> None:
    with closing(sqlite3.connect(journal)) as database:
        database.execute("CREATE TABLE notes (note TEXT)")
    for content in (journal.read_bytes(), b"My precious notes"):
        journal.write_bytes(content)

        ran = burst()

        assert (ran.code, journal.read_bytes(), service.requests) == (2, content, [])
        assert "was not written by `sluice burst`" in ran.err


def test_a_damaged_journal_is_refused(burst: Burst, journal: Path) -> None:
    journal.write_bytes(b"SQLite format 3\0" + b"\xff" * 5_000)

    ran = burst()

    assert ran.code == 2
    assert str(journal) in ran.err


def test_a_journal_that_another_run_has_just_deleted_is_not_used(
    answers: Path, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = Journal._lock

    def lock_a_deleted_file(self: Journal) -> None:
        journal.unlink()
        lock(self)

    monkeypatch.setattr(Journal, "_lock", lock_a_deleted_file)

    with pytest.raises(UnusableFile, match="another `sluice burst` has just written"):
        Journal(answers)
