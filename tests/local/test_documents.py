import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from local.kendra.documents import Document, Problem, find_documents, fingerprint, read_document
from tests.local.pdfs import write_pdf


def read(path: Path, folder: Path | None = None) -> Document:
    document, problems = read_document(folder or path.parent, path)
    assert problems == []
    assert document is not None
    return document


def refused(path: Path) -> Problem:
    document, problems = read_document(path.parent, path)
    assert document is None
    [problem] = problems
    assert problem.path == path
    return problem


def with_metadata(path: Path, content: object) -> Path:
    text = content if isinstance(content, str) else json.dumps(content)
    path.with_name(path.name + ".metadata.json").write_text(text)
    return path


def note(folder: Path, text: str = "The gate opens at six.") -> Path:
    path = folder / "note.txt"
    path.write_text(text)
    return path


def test_a_pdf_is_read_page_by_page_counting_from_one(tmp_path: Path) -> None:
    document = read(write_pdf(tmp_path / "a.pdf", ["First words", "Second words"]))
    assert [(number, text.strip()) for number, text in document.pages] == [
        (1, "First words"),
        (2, "Second words"),
    ]


@pytest.mark.parametrize(
    ("own", "shown"),
    [
        ("Annual Report 2026", "Annual Report 2026"),
        ("Microsoft Word - Annual Report", "Annual Report"),
        ("Microsoft Word - report.doc", "Benefit_Options.pdf"),
        ("untitled", "Benefit_Options.pdf"),
        ("", "Benefit_Options.pdf"),
        ("--", "Benefit_Options.pdf"),
    ],
)
def test_a_pdfs_own_title_is_used_if_it_is_a_title(tmp_path: Path, own: str, shown: str) -> None:
    assert read(write_pdf(tmp_path / "Benefit_Options.pdf", ["Words"], title=own)).title == shown


@pytest.mark.parametrize(
    ("lines", "joined"),
    [
        ("We use in-network care. Find in-\nnetwork care.", "Find in-network care"),
        ("We run transport. Find trans-\nport here.", "Find transport here"),
        ("A sea. A lion. Find sea-\nlion pools.", "Find sea-lion pools"),
        ("Find trans-\nport here.", "Find transport here"),
        ("Find out-of-\nnetwork care.", "Find out-of-network care"),
    ],
    ids=["compound", "broken by the line", "two words known", "no word known", "two hyphens"],
)
def test_a_hyphen_at_a_lines_end_stays_if_the_document_writes_it_elsewhere(
    tmp_path: Path, lines: str, joined: str
) -> None:
    document = read(write_pdf(tmp_path / "a.pdf", [lines]))
    assert joined in document.pages[0][1]


@pytest.mark.parametrize(
    "content", [b"\xef\xbb\xbfcaf\xc3\xa9", b"caf\xc3\xa9", b"caf\xe9"], ids=["bom", "utf8", "1252"]
)
def test_text_is_read_as_utf8_and_else_as_windows_1252(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    assert read(path).pages == [(None, "café")]


def test_a_text_files_title_is_its_name(tmp_path: Path) -> None:
    assert read(note(tmp_path)).title == "note.txt"


def test_a_document_knows_its_place_below_the_folder(tmp_path: Path) -> None:
    path = tmp_path / "a b" / "ü#1.txt"
    path.parent.mkdir()
    path.write_text("Words")
    document = read(path, tmp_path)
    assert (document.document_id, document.uri_path) == ("a b/ü#1.txt", "a%20b/%C3%BC%231.txt")


def test_an_encrypted_pdf_is_a_problem_that_says_so(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "a.pdf", ["Words"], password="secret")
    assert refused(path).reason == "The file is encrypted: it opens only with a password."


def test_a_truncated_pdf_is_a_problem_that_says_so(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "a.pdf", ["Words"])
    path.write_bytes(path.read_bytes()[:200])
    assert refused(path).reason == "The file is damaged or not a PDF."


def test_a_pdf_of_pictures_is_a_problem_that_names_ocr(tmp_path: Path) -> None:
    assert "OCR" in refused(write_pdf(tmp_path / "a.pdf", [""])).reason


@pytest.mark.parametrize("name", ["a.txt", "a.pdf", "a.md", "a.html"])
def test_an_empty_file_is_a_problem(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert refused(tmp_path / name).reason == "The file is empty."


@pytest.mark.parametrize("content", [b"a\0b", b"\x81\x8d\x8f"])
def test_bytes_that_are_not_text_are_a_problem(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    assert refused(path).reason == "The file is not text in UTF-8 or Windows-1252."


def test_a_file_that_vanished_is_a_problem(tmp_path: Path) -> None:
    assert "No such file" in refused(tmp_path / "gone.txt").reason


def test_metadata_names_the_document_and_gives_it_typed_attributes(tmp_path: Path) -> None:
    path = with_metadata(
        note(tmp_path),
        {
            "DocumentId": "n-1",
            "Title": "Admission times",
            "ContentType": "PLAIN_TEXT",
            "Attributes": {
                "_category": "gates",
                "_version": "2024-01-01",
                "_created_at": "2024-01-01T10:00:00+02:00",
                "floors": ["one", "two"],
                "reviewed": "2024-05-06",
                "staff": 7,
            },
        },
    )
    document = read(path)
    assert (document.document_id, document.title) == ("n-1", "Admission times")
    assert document.attributes | {"_last_updated_at": ""} == {
        "_category": "gates",
        "_created_at": datetime(2024, 1, 1, 8, tzinfo=UTC),
        "_document_title": "Admission times",
        "_file_type": "PLAIN_TEXT",
        "_language_code": "en",
        "_last_updated_at": "",
        "_version": "2024-01-01",
        "floors": ["one", "two"],
        "reviewed": datetime(2024, 5, 6, tzinfo=UTC),
        "staff": 7,
    }


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"Attributes": []}',
        '{"Title": 3}',
        '{"Title": "\\ud800"}',
        '{"Attributes": {"open": true}}',
        '{"Attributes": {"open": {"a": 1}}}',
        '{"Attributes": {"not a name!": "x"}}',
    ],
)
def test_broken_metadata_is_a_warning_and_the_document_is_read(
    tmp_path: Path, content: str
) -> None:
    path = with_metadata(note(tmp_path), content)
    document, [problem] = read_document(tmp_path, path)
    assert document is not None
    assert document.title == "note.txt"
    assert problem.path.name == "note.txt.metadata.json"
    assert problem.reason.endswith("; the document is used without it.")


def test_only_readable_kinds_are_found_and_nothing_hidden(tmp_path: Path) -> None:
    for name in ["b.TXT", "sub/a.md", ".hidden.txt", ".git/c.txt", "a.docx", "a.txt.metadata.json"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}")
    found, problems = find_documents(tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in found] == ["b.TXT", "sub/a.md"]
    assert problems == []


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    secret = note(outside)
    (inside / "file.txt").symlink_to(secret)
    (inside / "folder").symlink_to(outside)
    (inside / "broken.txt").symlink_to(outside / "none.txt")
    assert find_documents(inside) == ([], [])


@pytest.mark.skipif(os.name != "posix", reason="names are bytes on POSIX only")
def test_a_file_name_that_is_not_utf8_is_shown_as_far_as_it_can_be(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt"))
    path.write_text("Words")
    document = read(path)
    assert (document.title, document.uri_path) == ("caf\ufffd.txt", "caf%E9.txt")


def test_a_fingerprint_changes_with_the_document_and_with_its_metadata(tmp_path: Path) -> None:
    path = note(tmp_path)
    first = fingerprint(path)
    with_metadata(path, {})
    second = fingerprint(path)
    path.write_text("Other words")
    assert len({first, second, fingerprint(path), read(path).fingerprint}) == 3
