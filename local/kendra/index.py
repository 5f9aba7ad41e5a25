"""A search index in memory over the passages of all documents.

tantivy finds and scores them (BM25 over English stems), local.kendra.ranking sorts them.
"""

import difflib
import math
import re
import threading
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path

from tantivy import Document as Entry
from tantivy import Index as TantivyIndex
from tantivy import Occur, Query, Schema, SchemaBuilder, Searcher

from local.kendra.documents import Document
from local.kendra.passages import Passage
from local.kendra.ranking import Candidate, Hit, Term, rank
from local.kendra.words import plain_analyzer, stem, stem_analyzer, stems, subject_words

#: Weight of a word found in the text, in the headings or in the document's title.
_FIELDS = {"text": 1.0, "headings": 0.8, "title": 0.4}

#: Weight of two neighbouring words of the question that are at most one word apart in the text
#: or in the headings.
_PAIRS = {"text": 0.5, "headings": 0.5}

#: The number of best matches that are ranked again: Kendra's own limit of results.
_POOL = 100

#: The least similarity of a known word to a misspelt one (difflib's ratio).
_ALIKE = 0.78


class Index:
    """The passages of a set of documents. Thread-safe."""

    def __init__(self) -> None:
        self._schema = _schema()
        self._tantivy = TantivyIndex(self._schema)
        self._tantivy.register_tokenizer("stems", stem_analyzer())
        self._tantivy.register_tokenizer("plain", plain_analyzer())
        self._writer = self._tantivy.writer(heap_size=15_000_000, num_threads=1)
        self._lock = threading.Lock()
        self._indexed: dict[int, Candidate] = {}
        self._keys: dict[Path, list[int]] = {}
        self._next = 0

    def update(
        self, put: Iterable[tuple[Document, list[Passage]]], remove: Iterable[Path] = ()
    ) -> None:
        """Add or replace documents, and remove others by path, atomically for searches."""
        with self._lock:
            for path in remove:
                self._forget(path)
            for document, passages in put:
                self._forget(document.path)
                self._keys[document.path] = [self._add(document, one) for one in passages]
            self._writer.commit()
            self._tantivy.reload()

    def search(
        self, question: str, accept: Callable[[Document], bool] | None = None, limit: int = 10
    ) -> list[Hit]:
        """Return the matching passages of the accepted documents, best first, at most 100."""
        with self._lock:
            searcher = self._tantivy.searcher()
            terms = [self._term(searcher, word) for word in subject_words(question)]
            query = self._query([term.stem for term in terms if term.stem])
            if accept:
                query = self._only(query, accept)
            found = searcher.search(query, limit=_POOL, count=False).hits
            keys = searcher.fast_field_values("key", [address for _, address in found])
            candidates = [
                (score, self._indexed[int(key)])
                for (score, _), key in zip(found, keys, strict=True)
                if key is not None
            ]
        return rank(candidates, terms, limit)

    def _add(self, document: Document, passage: Passage) -> int:
        key, self._next = self._next, self._next + 1
        title = _title_words(document)
        fields = {"key": key, "text": passage.text, "headings": passage.headings, "title": title}
        fields["word"] = f"{passage.text}\n{title}"
        self._writer.add_document(Entry.from_dict(fields, self._schema))
        text = stems(passage.text)
        everywhere = text | stems(passage.headings) | stems(title)
        self._indexed[key] = Candidate(document, passage, text, everywhere)
        return key

    def _forget(self, path: Path) -> None:
        keys = self._keys.pop(path, [])
        if keys:
            self._writer.delete_documents_by_query(self._any_of(keys))
        for key in keys:
            del self._indexed[key]

    def _any_of(self, keys: list[int]) -> Query:
        return Query.term_set_query(self._schema, "key", keys)

    def _term(self, searcher: Searcher, word: str) -> Term:
        known = stem(word)
        count = _count(searcher, known)
        if not count:
            known = _corrected(searcher, word)
            count = _count(searcher, known)
        total = max(searcher.num_docs, count)
        weight = math.log(1 + (total - count + 0.5) / (count + 0.5))  # BM25's idf
        return Term(known if count else None, weight)

    def _query(self, words: list[str]) -> Query:
        words = list(dict.fromkeys(words))
        parts = [
            Query.boost_query(Query.term_query(self._schema, field, word), boost)
            for word in words
            for field, boost in _FIELDS.items()
        ]
        parts += [
            Query.boost_query(Query.phrase_query(self._schema, field, list(pair), slop=1), boost)
            for pair in pairwise(words)
            for field, boost in _PAIRS.items()
        ]
        return Query.boolean_query([(Occur.Should, part) for part in parts])

    def _only(self, query: Query, accept: Callable[[Document], bool]) -> Query:
        documents = {one.document.path: one.document for one in self._indexed.values()}
        keys = [
            key
            for path, document in documents.items()
            if accept(document)
            for key in self._keys[path]
        ]
        allowed = Query.const_score_query(self._any_of(keys), 0.0)
        return Query.boolean_query([(Occur.Must, query), (Occur.Must, allowed)])


def _schema() -> Schema:
    builder = SchemaBuilder().add_unsigned_field("key", indexed=True, fast=True)
    for field in _FIELDS:
        builder.add_text_field(field, tokenizer_name="stems")
    return builder.add_text_field("word", tokenizer_name="plain").build()


def _title_words(document: Document) -> str:
    """Return title and file name as words, so that "benefit options" finds Benefit_Options.pdf."""
    return re.sub(r"[\W_]+", " ", f"{document.title} {document.path.stem}")


def _count(searcher: Searcher, known: str) -> int:
    return max(searcher.doc_freq(field, known) for field in ("text", "title")) if known else 0


def _corrected(searcher: Searcher, word: str) -> str:
    """Return the stem of the known word most similar to an unknown one, "" if none is."""
    if len(word) < 4:
        return ""
    known = [
        other
        for other, _ in searcher.terms_with_prefix("word", word[0])
        if abs(len(other) - len(word)) <= 2
    ]
    alike = difflib.get_close_matches(word, known, n=1, cutoff=_ALIKE)
    return stem(alike[0]) if alike else ""
