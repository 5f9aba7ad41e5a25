"""Reads a folder of documents: PDF, Markdown, text and HTML.

A file that cannot be read becomes a Problem that names it; the others are still read.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from local.kendra.markup import html_text, markdown_text
from local.kendra.metadata import BrokenMetadataError, Metadata, Value, metadata_path, read_metadata
from local.kendra.pdf import UnreadableError, read_pdf

#: The files that are read, by suffix, with Kendra's value for _file_type.
FILE_TYPES = {
    ".pdf": "PDF",
    ".md": "MD",
    ".markdown": "MD",
    ".txt": "PLAIN_TEXT",
    ".html": "HTML",
    ".htm": "HTML",
}

#: A page's number from 1 (None if the format has no pages), and its text.
Page = tuple[int | None, str]

#: Changes when the file or its metadata file does: (mtime in ns, size in bytes) of both.
Fingerprint = tuple[tuple[int, int] | None, tuple[int, int] | None]


@dataclass(frozen=True)
class Document:
    """A file that was read.

    `uri_path` is its path below the folder, percent-encoded.
    `document_id` is the metadata's, else the path below the folder.
    `attributes` are the metadata's and those that Kendra fills in, without _source_uri, which
    depends on the server's address.
    """

    path: Path
    document_id: str
    title: str
    uri_path: str
    attributes: dict[str, Value]
    pages: list[Page]
    fingerprint: Fingerprint


@dataclass(frozen=True)
class Problem:
    """A file that was not read, or only in part; `reason` is one sentence."""

    path: Path
    reason: str


def find_documents(folder: Path) -> tuple[list[Path], list[Problem]]:
    """Return the documents below the folder, sorted, and the folders that cannot be read.

    Hidden files and folders are skipped, and links to files outside the folder.
    """
    problems: list[Problem] = []

    def unreadable(error: OSError) -> None:
        reason = f"The folder cannot be read: {error.strerror}."
        problems.append(Problem(Path(error.filename), reason))

    home = folder.resolve()
    found = [path for path in _files(folder, unreadable) if _belongs(path, home)]
    return sorted(found), problems


def fingerprint(path: Path) -> Fingerprint:
    """Return the document's fingerprint; a part is None if its file does not exist."""
    return _stamp(path), _stamp(metadata_path(path))


def read_document(folder: Path, path: Path) -> tuple[Document | None, list[Problem]]:
    """Return the document, or None if it cannot be read, and its problems."""
    seen = fingerprint(path)  # before reading, so that a change meanwhile is noticed later
    problems: list[Problem] = []
    try:
        metadata = read_metadata(path)
    except BrokenMetadataError as error:
        metadata = Metadata()
        reason = f"The metadata file {error}; the document is used without it."
        problems.append(Problem(metadata_path(path), reason))
    try:
        title, pages = _read(path)
    except UnreadableError as error:
        return None, [*problems, Problem(path, f"The file {error}.")]
    except OSError as error:
        return None, [*problems, Problem(path, f"The file cannot be opened: {error.strerror}.")]
    relative = os.fsencode(path.relative_to(folder).as_posix())
    title = metadata.title or title or _readable(os.fsencode(path.name))
    return Document(
        path=path,
        document_id=metadata.document_id or _readable(relative),
        title=title,
        uri_path=quote(relative),
        attributes=_attributes(path, title, seen) | metadata.attributes,
        pages=pages,
        fingerprint=seen,
    ), problems


def _readable(name: bytes) -> str:
    """Return a file name as text. One that is not UTF-8 cannot be in JSON unchanged."""
    return name.decode("utf-8", "replace")


def _files(folder: Path, unreadable: Callable[[OSError], None]) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder, onerror=unreadable):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(parent, name) for name in files if not name.startswith("."))


def _belongs(path: Path, home: Path) -> bool:
    if path.suffix.lower() not in FILE_TYPES:
        return False
    return path.is_file() and path.resolve().is_relative_to(home)


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _read(path: Path) -> tuple[str | None, list[Page]]:
    if path.stat().st_size == 0:
        raise UnreadableError("is empty")
    pages: list[Page]
    file_type = FILE_TYPES[path.suffix.lower()]
    if file_type == "PDF":
        title, texts = read_pdf(path)
        pages = list(enumerate(texts, start=1))
    else:
        source = _decode(path.read_bytes())
        parse = {"MD": markdown_text, "HTML": html_text}.get(file_type, _plain)
        title, text = parse(source)
        pages = [(None, text)]
    if not any(text.strip() for _, text in pages):
        raise UnreadableError("has no text (pages that are only pictures need OCR first)")
    return title, pages


def _decode(content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text.replace("\r\n", "\n").replace("\r", "\n")
    raise UnreadableError("is not text in UTF-8 or Windows-1252")


def _plain(source: str) -> tuple[str | None, str]:
    return None, source


def _attributes(path: Path, title: str, seen: Fingerprint) -> dict[str, Value]:
    changed = datetime.fromtimestamp((seen[0] or (0, 0))[0] / 1e9, tz=UTC)
    return {
        "_document_title": title,
        "_file_type": FILE_TYPES[path.suffix.lower()],
        "_language_code": "en",  # Kendra's default
        "_created_at": changed,
        "_last_updated_at": changed,
    }
