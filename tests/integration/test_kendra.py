import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from adapters.kendra import (
    KendraQueryRetriever,
    KendraRetriever,
    attribute_filter,
    passages_of_query,
    passages_of_retrieve,
)
from sluice.errors import Misconfigured, SluiceError, Throttled, Unavailable, UpstreamRefused
from sluice.job.filters import FilterFields
from sluice.job.passage import Confidence

INDEX = "10ca1000-0000-4000-8000-000000000000"
RECORDED = Path(__file__).parents[3] / "shared" / "corpora" / "protocol" / "kendra"

ITEM = {
    "Id": "q-1",
    "DocumentId": "s3://docs/handbook.pdf",
    "DocumentTitle": "Handbook",
    "Content": "Lost property\nis kept  for ninety days.",
    "DocumentURI": "https://docs.example/handbook.pdf",
    "DocumentAttributes": [{"Key": "_excerpt_page_number", "Value": {"LongValue": 8}}],
    "ScoreAttributes": {"ScoreConfidence": "HIGH"},
}


def retriever(
    kind: type[KendraRetriever] = KendraRetriever, **fields: Any
) -> tuple[KendraRetriever, Stubber]:
    client = boto3.client("kendra")
    given: dict[str, Any] = {
        "page_size": 10,
        "filters": FilterFields(),
    } | fields
    return kind(client=client, index_id=INDEX, **given), Stubber(client)


def test_a_passage_carries_title_page_uri_and_confidence() -> None:
    (passage,) = passages_of_retrieve({"ResultItems": [ITEM]})
    assert passage.title == "Handbook"
    assert passage.text == "Lost property\nis kept for ninety days."
    assert passage.page == 8
    assert passage.uri == "https://docs.example/handbook.pdf"
    assert passage.confidence is Confidence.HIGH


@pytest.mark.parametrize(
    "change",
    [
        {"DocumentAttributes": []},
        {"DocumentAttributes": None},
        {"DocumentAttributes": [{"Key": "_excerpt_page_number", "Value": {"LongValue": 0}}]},
    ],
)
def test_an_unknown_page_is_none(change: dict[str, Any]) -> None:
    (passage,) = passages_of_retrieve({"ResultItems": [ITEM | change]})
    assert passage.page is None


def test_missing_fields_of_a_response_are_unknown_and_no_error() -> None:
    bare = {"DocumentId": "s3://docs/a.pdf", "Content": "Text."}
    (passage,) = passages_of_retrieve({"ResultItems": [bare, {"Content": ""}, {}]})
    assert passage.title == "a.pdf"
    assert passage.uri == "s3://docs/a.pdf"
    assert passage.confidence is Confidence.NOT_AVAILABLE


def test_the_request_holds_query_filter_and_page_size() -> None:
    kendra, stub = retriever(page_size=7)
    stub.add_response(
        "retrieve",
        {"ResultItems": [ITEM]},
        {
            "IndexId": INDEX,
            "QueryText": "lost property",
            "PageSize": 7,
            "AttributeFilter": {
                "AndAllFilters": [
                    {"EqualsTo": {"Key": "_category", "Value": {"StringValue": "travel"}}}
                ]
            },
        },
    )
    with stub:
        assert len(kendra.retrieve("lost property", {"category": "travel"})) == 1


def test_each_kind_of_filter_becomes_kendras_own() -> None:
    fields = FilterFields.parse("year:number,tags:list")
    wanted = fields.resolve({"language": ["en", "de"], "tags": "a", "year": 2024})
    assert attribute_filter(wanted)["AndAllFilters"] == [
        {
            "OrAllFilters": [
                {"EqualsTo": {"Key": "_language_code", "Value": {"StringValue": "en"}}},
                {"EqualsTo": {"Key": "_language_code", "Value": {"StringValue": "de"}}},
            ]
        },
        {"ContainsAny": {"Key": "tags", "Value": {"StringListValue": ["a"]}}},
        {"EqualsTo": {"Key": "year", "Value": {"LongValue": 2024}}},
    ]


def test_a_querys_passages_are_its_excerpts() -> None:
    kendra, stub = retriever(KendraQueryRetriever)
    stub.add_response(
        "query",
        {
            "ResultItems": [
                {
                    "Type": "DOCUMENT",
                    "DocumentId": "d",
                    "DocumentTitle": {"Text": "Notice"},
                    "DocumentExcerpt": {"Text": "...fog and wind..."},
                }
            ]
        },
    )
    with stub:
        (passage,) = kendra.retrieve("fog", {})
    assert (passage.title, passage.text) == ("Notice", "...fog and wind...")


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("ThrottlingException", Throttled),
        ("AccessDeniedException", Misconfigured),
        ("ResourceNotFoundException", Misconfigured),
        ("ValidationException", UpstreamRefused),
        ("InternalServerException", Unavailable),
    ],
)
def test_kendras_errors_become_ours_and_keep_their_request_id(
    code: str, error: type[SluiceError]
) -> None:
    kendra, stub = retriever()
    stub.add_client_error(
        "retrieve",
        code,
        service_message=f"index {INDEX} of account 123456789012",
        response_meta={"RequestId": "req-7"},
    )
    with stub, pytest.raises(error) as caught:
        kendra.retrieve("fog", {})
    assert caught.value.request_id == "req-7"
    assert INDEX not in caught.value.detail


def test_a_malformed_index_id_is_misconfigured() -> None:
    kendra = KendraRetriever(boto3.client("kendra"), "short", FilterFields(), 10)
    with pytest.raises(Misconfigured):
        kendra.retrieve("fog", {})


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recordings are not beside the project")
def test_recorded_responses_are_read_whole() -> None:
    for file in sorted(RECORDED.glob("*.json")):
        response = json.loads(file.read_text(encoding="utf-8"))
        read = passages_of_retrieve if "retrieve" in file.name else passages_of_query
        passages = read(response)
        assert len(passages) == len(response["ResultItems"]), file.name
        for passage in passages:
            assert passage.text
            assert passage.title
            assert passage.page is None or passage.page > 0
    paged = json.loads((RECORDED / "query_ko_pdf_page_boto3.json").read_text(encoding="utf-8"))
    assert passages_of_query(paged)[0].page == 5
    faq = json.loads((RECORDED / "query_faq_full_boto3.json").read_text(encoding="utf-8"))
    assert passages_of_query(faq)[0].text == "How many free clinics are in Spokane WA? 13"
