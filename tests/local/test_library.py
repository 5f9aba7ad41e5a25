import os
from pathlib import Path

import pytest

from local.kendra.attributes import InvalidFilterError
from local.kendra.library import FolderError, Library
from tests.local.pdfs import write_pdf


def equals(key: str, value: str) -> dict[str, object]:
    return {"EqualsTo": {"Key": key, "Value": {"StringValue": value}}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.txt").write_text("The walrus sleeps.")
    (tmp_path / "b.md").write_text("# Seals\n\nThe seal swims.")
    return tmp_path


def titles(library: Library, question: str, attribute_filter: object = None) -> list[str]:
    return [hit.document.title for hit in library.search(question, attribute_filter)]


def test_loading_returns_what_the_folder_contains(folder: Path) -> None:
    write_pdf(folder / "c.pdf", ["One", "Two"])
    (folder / "d.txt").touch()
    report = Library(folder).load()
    assert (report.documents, report.passages, report.pages) == (3, 4, 4)
    assert [problem.path.name for problem in report.problems] == ["d.txt"]


def test_a_refresh_reads_what_is_new_changed_or_gone(folder: Path) -> None:
    library = Library(folder)
    library.load()
    (folder / "a.txt").write_text("The otter sleeps on its back.")
    (folder / "b.md").unlink()
    (folder / "c.txt").write_text("The gull shrieks.")
    changes = library.refresh()
    assert changes
    assert (changes.added, changes.changed, changes.removed, changes.problems) == (
        [folder / "c.txt"],
        [folder / "a.txt"],
        [folder / "b.md"],
        [],
    )
    assert [titles(library, word) for word in ("walrus", "otter", "seal", "gull")] == [
        [],
        ["a.txt"],
        [],
        ["c.txt"],
    ]


def test_unchanged_files_are_not_read_again(folder: Path) -> None:
    library = Library(folder)
    library.load()
    status = (folder / "a.txt").stat()
    (folder / "a.txt").write_text("The WALRUS sleeps.")  # same size, and below the same time
    os.utime(folder / "a.txt", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert not library.refresh()


def test_a_broken_file_is_reported_once_and_read_when_it_is_fixed(folder: Path) -> None:
    library = Library(folder)
    library.load()
    (folder / "a.txt").write_bytes(b"\0")
    broken = library.refresh()
    assert [problem.path.name for problem in broken.problems] == ["a.txt"]
    assert broken.removed == [folder / "a.txt"]
    assert not library.refresh()
    (folder / "a.txt").write_text("The walrus is back.")
    assert library.refresh().added == [folder / "a.txt"]
    assert titles(library, "walrus") == ["a.txt"]


def test_new_metadata_change_a_document(folder: Path) -> None:
    library = Library(folder)
    library.load()
    (folder / "a.txt.metadata.json").write_text('{"Attributes": {"zoo": "north"}}')
    assert library.refresh().changed == [folder / "a.txt"]
    assert titles(library, "sleeps", equals("zoo", "north")) == ["a.txt"]


def test_a_filter_narrows_the_search(folder: Path) -> None:
    library = Library(folder)
    library.load()
    markdown = equals("_file_type", "MD")
    assert titles(library, "walrus or seal", markdown) == ["Seals"]
    with pytest.raises(InvalidFilterError):
        library.search("seal", equals("colour", "x"))


def test_documents_without_a_language_are_english(folder: Path) -> None:
    library = Library(folder)
    library.load()
    assert titles(library, "seal", equals("_language_code", "en"))
    assert not titles(library, "seal", equals("_language_code", "de"))


def test_a_search_of_an_empty_folder_finds_nothing(tmp_path: Path) -> None:
    library = Library(tmp_path)
    assert library.load().documents == 0
    assert library.search("anything") == []


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match=r"none does not exist"):
        Library(tmp_path / "none").load()
    (tmp_path / "file").touch()
    with pytest.raises(FolderError, match="file is not a folder"):
        Library(tmp_path / "file").load()
