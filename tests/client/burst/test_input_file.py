"""What the input may contain, and what is reported about the rest before anything is sent."""

import io
import sys
from pathlib import Path
from typing import Any

import pytest

from sluice_client.burst.errors import UnusableFile
from sluice_client.burst.input_file import read_questions
from tests.client.burst.fakes import (
    BurstService,
    read_answers,
)
from tests.client.conftest import Run


def read(content: str | bytes, *, as_csv: bool = False) -> list[dict[str, Any]]:
    data = content.encode() if isinstance(content, str) else content
    return [line.question for line in read_questions(data, as_csv=as_csv)]


def wrong(content: str | bytes, *, as_csv: bool = False) -> str:
    with pytest.raises(UnusableFile) as caught:
        read(content, as_csv=as_csv)
    return str(caught.value)


def named(name: str, question: str, **more: Any) -> dict[str, Any]:
    return {"custom_id": name, "question": question, **more}


def test_json_lines_are_objects_or_bare_texts_named_by_their_line() -> None:
    assert read('"What?"\n\n{"question": "Why?"}\r\n{"custom_id": "c", "question": "Who?"}') == [
        named("line-1", "What?"),
        named("line-3", "Why?"),
        named("c", "Who?"),
    ]


def test_null_is_not_given() -> None:
    assert read('{"question": "What?", "lane": null, "custom_id": null}') == [
        named("line-1", "What?")
    ]


def test_a_byte_order_mark_is_ignored() -> None:
    assert read('\ufeff"What?"') == [named("line-1", "What?")]
    assert read("\ufeffquestion\nWhat?\n", as_csv=True) == [named("line-2", "What?")]


def test_a_line_separator_inside_a_string_does_not_end_the_line() -> None:
    assert read('"a\u2028b\x85c"\n"d"') == [
        named("line-1", "a\u2028b\x85c"),
        named("line-2", "d"),
    ]


def test_up_to_twenty_invalid_lines_are_reported() -> None:
    said = wrong('"fine"\n' + "oops\n" * 25)

    assert said.startswith("25 lines are invalid, and nothing was sent.\n  line 2: is not JSON")
    assert "line 21:" in said
    assert "line 22:" not in said
    assert said.endswith("and 5 more")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("17", "must be an object or a string"),
        ("{}", "question: is required"),
        ('{"question": ""}', "question: must be a string with a letter or a digit"),
        ('{"question": "?!"}', "question: must be a string with a letter or a digit"),
        ('{"question": ["What?"]}', "question: must be a string"),
        (f'"{"x" * 1001}"', "question: must be at most 1,000 characters; it has 1,001"),
        (
            '{"question": "a", "Filter": {}}',
            "unknown field 'Filter'; the fields are custom_id, question",
        ),
        ('{"question": "a", "custom_id": 5}', "custom_id: must be a string of 1 to 256 characters"),
        ('{"question": "a", "filter": {"x": 1.5}}', "; 'x' is not"),
        ('{"question": "a", "metadata": {"x": 1}}', "; 'x' is not"),
        ('{"question": "a", "lane": "fast"}', 'lane: must be "bulk"'),
        ('{"question": "a", "previous_job_id": "../x"}', "previous_job_id: must be a job id"),
        ('{"question": "a", "max_wait_seconds": NaN}', "NaN is not JSON"),
        (
            '{"question": "a", "max_wait_seconds": 1e999}',
            "max_wait_seconds: must be a number of seconds",
        ),
        ('"half \\ud83d"', "contains half of a surrogate pair"),
        ("[" * 100_000, "is nested too deeply"),
    ],
)
def test_an_invalid_line_is_reported_with_the_reason(line: str, said: str) -> None:
    assert "1 line is invalid, and nothing was sent.\n  line 1: " in wrong(line)
    assert said in wrong(line)


def test_a_repeated_custom_id_is_invalid_even_if_one_is_generated() -> None:
    assert "line 3: custom_id: is the same as in line 1" in wrong(
        '{"question": "a", "custom_id": "x"}\n"b"\n{"question": "c", "custom_id": "x"}'
    )
    assert "line 2: custom_id: is the same as in line 1" in wrong(
        '{"question": "a", "custom_id": "line-2"}\n"b"'
    )


@pytest.mark.parametrize("content", [b'"fine"\n"caf\xe9"', "\ufeffWhat?".encode("utf-16-le")])
def test_a_file_that_is_not_utf_8_is_refused(content: bytes) -> None:
    assert "is not UTF-8: save the file as UTF-8" in wrong(content)


@pytest.mark.parametrize("content", ["", "\n \n", "\ufeff"])
def test_a_file_without_questions_is_refused(content: str) -> None:
    assert wrong(content) == "contains no question"


def test_csv_columns_fill_what_their_names_say() -> None:
    content = (
        "custom_id,question,filter.category,metadata.ticket,max_wait_seconds\n"
        'a,"What, ""exactly"",\nis it?",benefits,4711,60\n'
        "b,Why?,,,\n"
        ",,,,\n"
        ",Who?,,0,\n"
    )

    assert read(content, as_csv=True) == [
        named(
            "a",
            'What, "exactly",\nis it?',
            filter={"category": "benefits"},
            max_wait_seconds=60,
            metadata={"ticket": "4711"},
        ),
        named("b", "Why?"),
        named("line-6", "Who?", metadata={"ticket": "0"}),
    ]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_csv_as_spreadsheets_write_it(separator: str, line_end: str) -> None:
    rows = [["custom_id", " question "], ["a", "What?"], ["b", "Why?"]]
    content = "".join(separator.join(row) + line_end for row in rows)

    assert read(content, as_csv=True) == [named("a", "What?"), named("b", "Why?")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("What?\nWhy?\n", "unknown column 'What?'; the columns are custom_id, question"),
        ("custom_id\na\n", "the first line has no column question"),
        ("question,question\na,b\n", "column 'question' appears twice"),
        ("question,mood\na,b\n", "unknown column 'mood'; the columns are"),
        ("question,filter.\na,b\n", "unknown column 'filter.'; the columns are"),
        ("question,lane\na\n", "line 2: has 1 cells, but the header has 2"),
        ('question\n"a" b\n', "line 2 is not CSV"),
        ('question\nfine\n"open\n', "line 3 is not CSV"),
        ("question,max_wait_seconds\na,soon\n", "line 2: could not convert"),
        ("question\n", "contains no question"),
    ],
)
def test_invalid_csv_is_reported_with_the_reason(content: str, said: str) -> None:
    assert said in wrong(content, as_csv=True)


def test_the_line_of_a_row_is_where_it_begins() -> None:
    said = wrong('question,lane\n"a\nb\nc",\nd,fast\n', as_csv=True)

    assert 'line 5: lane: must be "bulk"' in said


@pytest.mark.parametrize(
    "arguments",
    [
        ["missing.jsonl", "-o", "a.jsonl"],
        ["q.jsonl"],
        ["q.jsonl", "-o", "."],
        ["q.jsonl", "-o", "missing/a.jsonl"],
        ["q.jsonl", "-o", "/dev/null"],
        ["q.jsonl", "-o", "a.jsonl", "--limit", "0"],
        ["broken.jsonl", "-o", "a.jsonl"],
        ["q.jsonl", "--csv", "-o", "a.jsonl"],
        [".", "-o", "a.jsonl"],
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_2_sends_nothing_and_leaves_no_file(
    run: Run, service: BurstService, tmp_path: Path, arguments: list[str]
) -> None:
    (tmp_path / "q.jsonl").write_text('"What?"\n')
    (tmp_path / "broken.jsonl").write_text('"What?"\n"What?\n')

    ran = run("burst", *arguments)

    assert (ran.code, ran.out, service.requests) == (2, "", [])
    assert "Usage: sluice burst" in ran.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["broken.jsonl", "q.jsonl"]


@pytest.mark.parametrize(
    ("content", "options"), [('"What?"\n"Why?"', []), ("question\nWhat?\nWhy?", ["--csv"])]
)
def test_questions_come_from_stdin_too(
    run: Run,
    service: BurstService,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    content: str,
    options: list[str],
) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(content.encode()))
    monkeypatch.setattr(sys, "stdin", stdin)

    assert run("burst", "-", "-o", "a.jsonl", *options).code == 0
    assert [record["question"] for record in read_answers(tmp_path / "a.jsonl")] in (
        ["What?", "Why?"],
        ["Why?", "What?"],
    )


def test_a_file_named_csv_is_csv(run: Run, service: BurstService, tmp_path: Path) -> None:
    (tmp_path / "q.CSV").write_text("question\nWhat?\n")

    assert run("burst", "q.CSV", "-o", "a.jsonl").code == 0
    assert service.asked == {"What?": 1}
