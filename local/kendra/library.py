"""A searchable folder of documents.

`load` reads the folder; `refresh` reads only what has changed since.
Both may run in another thread than searches.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.kendra.attributes import parse_filter
from local.kendra.documents import (
    Document,
    Fingerprint,
    Problem,
    find_documents,
    fingerprint,
    read_document,
)
from local.kendra.index import Index
from local.kendra.metadata import Value
from local.kendra.passages import cut
from local.kendra.ranking import Hit


class FolderError(Exception):
    """The folder does not exist or is not a folder; the message says which."""


@dataclass(frozen=True)
class Report:
    """Counts of documents, passages and pages, and the files that were not read."""

    documents: int
    passages: int
    pages: int
    problems: list[Problem]


@dataclass(frozen=True)
class Changes:
    """Paths that changed since the last refresh, and new problems."""

    added: list[Path]
    changed: list[Path]
    removed: list[Path]
    problems: list[Problem]

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed or self.problems)


class Library:
    """The documents of one folder. `base_url` is the address of the server with them."""

    def __init__(self, folder: Path, base_url: str = "http://127.0.0.1") -> None:
        self.folder = folder
        self.base_url = base_url
        self._index = Index()
        self._refreshing = threading.Lock()
        self._documents: dict[Path, Document] = {}
        self._seen: dict[Path, Fingerprint] = {}
        self._passages: dict[Path, int] = {}

    def load(self) -> Report:
        """Read the folder, which may be empty. Raises FolderError if it does not exist."""
        changes = self.refresh()
        documents = list(self._documents.values())
        return Report(
            documents=len(documents),
            passages=sum(self._passages.values()),
            pages=sum(len(document.pages) for document in documents),
            problems=changes.problems,
        )

    def refresh(self) -> Changes:
        """Read what has changed. Raises FolderError if the folder no longer exists."""
        with self._refreshing:
            self._check_folder()
            paths, problems = find_documents(self.folder)
            seen = {path: fingerprint(path) for path in paths}
            read: list[Document] = []
            for path in paths:
                if seen[path] != self._seen.get(path):
                    document, found = read_document(self.folder, path)
                    problems += found
                    read += [document] if document else []
            return self._apply(seen, read, problems)

    def search(self, question: str, attribute_filter: object = None, limit: int = 10) -> list[Hit]:
        """Return the matching passages, best first. Raises InvalidFilterError."""
        if attribute_filter is None:
            return self._index.search(question, limit=limit)
        documents = list(self._documents.values())
        known = {name for document in documents for name in document.attributes}
        accepts = parse_filter(attribute_filter, known)
        return self._index.search(question, lambda one: accepts(self.attributes(one)), limit)

    def attributes(self, document: Document) -> Mapping[str, Value]:
        """Return a document's attributes; _source_uri is its address unless the metadata set it."""
        return {"_source_uri": self.address(document)} | document.attributes

    def address(self, document: Document) -> str:
        """Return the URL of the document."""
        return f"{self.base_url.rstrip('/')}/documents/{document.uri_path}"

    def contains(self, path: str) -> bool:
        """Return whether the file at this path below the folder is one of the documents."""
        return self.folder / path in self._documents

    def _check_folder(self) -> None:
        if not self.folder.exists():
            raise FolderError(f"The folder {self.folder} does not exist.")
        if not self.folder.is_dir():
            raise FolderError(f"{self.folder} is not a folder.")

    def _apply(
        self, seen: dict[Path, Fingerprint], read: list[Document], problems: list[Problem]
    ) -> Changes:
        before = self._documents
        tried = {path for path in seen if seen[path] != self._seen.get(path)}
        kept = {path: one for path, one in before.items() if path in seen and path not in tried}
        after = kept | {document.path: document for document in read}
        removed = sorted(before.keys() - after.keys())
        cuts = [(document, cut(document)) for document in read]
        if cuts or removed:
            self._index.update(cuts, removed)
        self._documents, self._seen = after, seen
        self._passages = {path: count for path, count in self._passages.items() if path in kept}
        self._passages |= {document.path: len(passages) for document, passages in cuts}
        return Changes(
            added=sorted(document.path for document in read if document.path not in before),
            changed=sorted(document.path for document in read if document.path in before),
            removed=removed,
            problems=problems,
        )
