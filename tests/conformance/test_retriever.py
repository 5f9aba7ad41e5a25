"""Retriever: the same facts in memory and for Kendra's Retrieve and Query over HTTP."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import boto3
import pytest
from botocore.config import Config

from adapters.kendra import KendraQueryRetriever, KendraRetriever
from adapters.memory.retriever import MemoryRetriever
from local.kendra.app import kendra_app
from local.kendra.library import Library
from sluice.errors import Misconfigured, UnsupportedFilter
from sluice.job.filters import FilterFields, Kind
from sluice.job.passage import Passage
from sluice.ports import Retriever
from tests.local.serving import serving

FIELDS = FilterFields({"year": Kind.NUMBER, "tags": Kind.LIST})
#: Documents about one subject, with their attributes.
DOCUMENTS = {
    "rules.md": ("Lost property is kept for ninety days.", {"_category": "rules", "year": 2024}),
    "news.md": (
        "Lost property is now kept at the pier.",
        {"_category": "news", "year": 2025, "tags": ["pier", "office"]},
    ),
}


class Backend(Protocol):
    retriever: Retriever

    def deny(self) -> Retriever:
        """Return a retriever whose index refuses access."""


class InMemory:
    def __init__(self, _: Path) -> None:
        passages = [
            Passage(document_id=name, title=name, text=text)
            for name, (text, _) in DOCUMENTS.items()
        ]
        attributes = {name: attributes for name, (_, attributes) in DOCUMENTS.items()}
        self.retriever = MemoryRetriever(passages, attributes, FIELDS)  # type: ignore[arg-type]

    def deny(self) -> Retriever:
        return MemoryRetriever(error=Misconfigured("No access."))


class OnKendra:
    kind = KendraRetriever

    def __init__(self, url: str) -> None:
        client = boto3.client(
            "kendra", endpoint_url=url, config=Config(retries={"total_max_attempts": 1})
        )
        self._client = client
        self.retriever = self.kind(client, "00000000-0000-0000-0000-000000000000", FIELDS, 10)

    def deny(self) -> Retriever:
        def refuse(**_: object) -> None:
            raise self._client.exceptions.AccessDeniedException(
                {"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "Retrieve"
            )

        self._client.meta.events.register_first("before-call", refuse)
        return self.retriever


class OnKendraQuery(OnKendra):
    kind = KendraQueryRetriever


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("documents")
    for name, (text, attributes) in DOCUMENTS.items():
        (folder / name).write_text(text)
        (folder / f"{name}.metadata.json").write_text(json.dumps({"Attributes": attributes}))
    library = Library(folder)
    library.load()
    with serving(kendra_app(library)) as library.base_url:
        yield library.base_url


@pytest.fixture(params=[InMemory, OnKendra, OnKendraQuery])
def backend(request: pytest.FixtureRequest, url: str) -> Backend:
    made: Backend = request.param(url)
    return made


def found(backend: Backend, **filters: str | int | list[str]) -> set[str]:
    passages = backend.retriever.retrieve("Where is lost property kept?", filters)
    return {each.text for each in passages}


RULES, NEWS = (text for text, _ in DOCUMENTS.values())


def test_passages_about_the_query_are_found(backend: Backend) -> None:
    assert found(backend) == {RULES, NEWS}


def test_a_passage_names_its_document(backend: Backend) -> None:
    passages = backend.retriever.retrieve("Where is lost property kept?", {})
    assert all(each.document_id and each.title for each in passages)
    assert len({each.document_id for each in passages}) == 2


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"category": "rules"}, {RULES}),
        ({"category": ["rules", "news"]}, {RULES, NEWS}),
        ({"category": "letters"}, set()),
        ({"year": 2025}, {NEWS}),
        ({"tags": ["pier"]}, {NEWS}),
        ({"category": "news", "year": 2024}, set()),
    ],
)
def test_a_filter_keeps_the_documents_that_have_its_values(
    backend: Backend, filters: dict[str, str | int | list[str]], expected: set[str]
) -> None:
    assert found(backend, **filters) == expected


def test_an_unknown_filter_is_refused(backend: Backend) -> None:
    with pytest.raises(UnsupportedFilter):
        found(backend, colour="red")


def test_an_index_that_refuses_access_is_an_error(backend: Backend) -> None:
    with pytest.raises(Misconfigured):
        backend.deny().retrieve("Why?", {})
