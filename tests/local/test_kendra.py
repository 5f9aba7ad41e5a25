import http.client
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local.kendra.app import kendra_app
from local.kendra.library import Library
from tests.local.pdfs import write_pdf
from tests.local.serving import serving

INDEX = "00000000-0000-0000-0000-000000000000"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documents")
    write_pdf(
        folder / "big book.pdf",
        ["Nothing here.", "The walrus weighs a ton.", "A walrus eats clams."],
        title="The Book of Beasts",
    )
    (folder / "seals.md").write_text("# Seals\n\nA seal may meet a walrus.\n")
    (folder / "page.html").write_text("<script>alert(1)</script><p>The heron waits.")
    (folder / "seals.md.metadata.json").write_text(
        '{"Attributes": {"_category": "zoo", "count": 3, "tags": ["x"],'
        ' "_created_at": "2026-01-02T00:00:00Z"}}'
    )
    (folder / ".secret.txt").write_text("walrus")
    (folder / "picture.png").write_bytes(b"png")
    return folder


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    library = Library(folder)
    library.load()
    with serving(kendra_app(library)) as library.base_url:
        yield library.base_url


@pytest.fixture(scope="module")
def kendra(url: str) -> Iterator[Any]:
    client = boto3.client(
        "kendra",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=Config(retries={"total_max_attempts": 1}),
    )
    yield client
    client.close()


def attributes(item: dict[str, Any]) -> dict[str, Any]:
    return {one["Key"]: next(iter(one["Value"].values())) for one in item["DocumentAttributes"]}


def post(url: str, body: bytes, target: str = "Retrieve") -> httpx.Response:
    headers = {"x-amz-target": f"AWSKendraFrontendService.{target}"}
    return httpx.post(url, content=body, headers=headers)


def test_retrieve_gives_passages_in_kendras_shape(kendra: Any, url: str) -> None:
    response = kendra.retrieve(IndexId=INDEX, QueryText="How much does a walrus weigh?")
    first = response["ResultItems"][0]
    assert attributes(first) | {"_created_at": "", "_last_updated_at": ""} == {
        "_created_at": "",
        "_document_title": "The Book of Beasts",
        "_excerpt_page_number": 2,
        "_file_type": "PDF",
        "_language_code": "en",
        "_last_updated_at": "",
        "_source_uri": f"{url}/documents/big%20book.pdf",
    }
    del first["DocumentAttributes"]
    assert first.pop("Id").startswith(response["QueryId"] + "-")
    assert first == {
        "Content": "The walrus weighs a ton.",
        "DocumentId": "big book.pdf",
        "DocumentTitle": "The Book of Beasts",
        "DocumentURI": f"{url}/documents/big%20book.pdf",
        "ScoreAttributes": {"ScoreConfidence": "VERY_HIGH"},
    }
    headers = response["ResponseMetadata"]["HTTPHeaders"]
    assert headers["content-type"] == "application/x-amz-json-1.1"
    assert headers["x-amzn-requestid"] == response["ResponseMetadata"]["RequestId"]


def test_only_requested_attributes_are_returned_and_no_page_without_pages(kendra: Any) -> None:
    wanted = ["_category", "count", "tags", "_created_at", "_excerpt_page_number", "none"]
    response = kendra.retrieve(
        IndexId=INDEX, QueryText="seal", RequestedDocumentAttributes=wanted, PageSize=1
    )
    [item] = response["ResultItems"]
    given = attributes(item)
    assert given.pop("_created_at").timestamp() == 1767312000
    assert given == {"_category": "zoo", "count": 3, "tags": ["x"]}


def test_pages_of_results_follow_each_other(kendra: Any) -> None:
    def contents(**page: int) -> list[str]:
        response = kendra.retrieve(IndexId=INDEX, QueryText="walrus", **page)
        return [item["Content"] for item in response["ResultItems"]]

    assert len(contents()) == 3
    assert contents(PageSize=2) + contents(PageSize=2, PageNumber=2) == contents()
    assert contents(PageNumber=99, PageSize=100) == []


def test_query_gives_each_document_once_with_marked_excerpts(kendra: Any) -> None:
    response = kendra.query(IndexId=INDEX, QueryText="walrus clams")
    assert response["TotalNumberOfResults"] == 2
    first, second = response["ResultItems"]
    assert first["Type"] == second["Type"] == "DOCUMENT"
    assert first["DocumentTitle"] == {"Text": "The Book of Beasts", "Highlights": []}
    text = first["DocumentExcerpt"]["Text"]
    marks = first["DocumentExcerpt"]["Highlights"]
    assert [text[mark["BeginOffset"] : mark["EndOffset"]] for mark in marks] == ["walrus", "clams"]
    assert attributes(first)["_excerpt_page_number"] == 3


def test_query_has_no_suggested_answers(kendra: Any) -> None:
    response = kendra.query(IndexId=INDEX, QueryText="walrus", QueryResultTypeFilter="ANSWER")
    assert (response["ResultItems"], response["TotalNumberOfResults"]) == ([], 0)


def test_an_attribute_filter_narrows_the_results(kendra: Any) -> None:
    equals = {"EqualsTo": {"Key": "_category", "Value": {"StringValue": "zoo"}}}
    response = kendra.retrieve(IndexId=INDEX, QueryText="walrus", AttributeFilter=equals)
    assert [item["DocumentId"] for item in response["ResultItems"]] == ["seals.md"]


def test_only_the_first_thirty_words_of_a_question_count(kendra: Any) -> None:
    def count(filler: int) -> int:
        question = "zzz " * filler + "walrus"
        return len(kendra.retrieve(IndexId=INDEX, QueryText=question)["ResultItems"])

    assert (count(29) > 0, count(30)) == (True, 0)


@pytest.mark.parametrize(
    "parameters",
    [
        {"QueryText": " "},
        {"QueryText": "walrus", "PageSize": 0},
        {"QueryText": "walrus", "PageSize": 101},
        {"QueryText": "walrus", "PageNumber": 0},
        {
            "QueryText": "walrus",
            "AttributeFilter": {"EqualsTo": {"Key": "colour", "Value": {"StringValue": "x"}}},
        },
    ],
)
def test_what_kendra_would_reject_is_a_validation_exception(
    kendra: Any, parameters: dict[str, Any]
) -> None:
    with pytest.raises(ClientError) as caught:
        kendra.retrieve(IndexId=INDEX, **parameters)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert caught.value.response["Error"]["Message"]
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert caught.value.response["ResponseMetadata"]["RequestId"]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"{", "SerializationException"),
        (b"\xff", "SerializationException"),
        (b"[" * 100_000, "SerializationException"),
        (b"[]", "SerializationException"),
        (b'{"IndexId": "x", "QueryText": 7}', "SerializationException"),
        (b'{"IndexId": "x", "QueryText": "x", "PageSize": true}', "SerializationException"),
        (b'{"IndexId": "x"}', "ValidationException"),
        (b'{"QueryText": "x"}', "ValidationException"),
    ],
)
def test_a_malformed_body_is_an_aws_error(url: str, body: bytes, error: str) -> None:
    response = post(url, body)
    assert response.status_code == 400
    assert response.json()["__type"] == response.headers["x-amzn-ErrorType"] == error
    assert response.headers["x-amzn-requestid"]


def test_half_a_surrogate_pair_in_a_question_is_harmless(url: str) -> None:
    response = post(url, b'{"IndexId": "x", "QueryText": "walrus \\ud83d"}')
    assert len(response.json()["ResultItems"]) == 3


def test_an_unknown_operation_is_an_aws_error(url: str) -> None:
    assert post(url, b"{}", "DeleteIndex").json()["__type"] == "UnknownOperationException"


def test_the_link_of_a_result_opens_the_pdf_in_place(kendra: Any) -> None:
    [item, *_] = kendra.retrieve(IndexId=INDEX, QueryText="clams")["ResultItems"]
    response = httpx.get(item["DocumentURI"])
    assert response.content.startswith(b"%PDF-")
    assert response.headers["content-type"] == "application/pdf"
    assert "attachment" not in response.headers.get("content-disposition", "")


def test_a_documents_scripts_do_not_run_at_the_servers_address(url: str) -> None:
    response = httpx.get(f"{url}/documents/page.html")
    assert response.status_code == 200
    assert response.headers["content-security-policy"] == "sandbox"


@pytest.mark.parametrize(
    "place",
    [
        ".secret.txt",
        "seals.md.metadata.json",
        "picture.png",
        "none.txt",
        "",
        "../../etc/passwd",
        "%2e%2e/%2e%2e/etc/passwd",
        "//etc/passwd",
        "seals.md%00",
    ],
)
def test_no_other_file_is_served(url: str, place: str) -> None:
    # http.client sends the path as it is; other clients tidy it up first
    connection = http.client.HTTPConnection(url.removeprefix("http://"))
    connection.request("GET", f"/documents/{place}")
    assert connection.getresponse().status == 404
    connection.close()


def test_stats_count_calls_and_errors(url: str, kendra: Any) -> None:
    before = httpx.get(f"{url}/stats").json()["kendra"]
    kendra.retrieve(IndexId=INDEX, QueryText="walrus")
    kendra.query(IndexId=INDEX, QueryText="walrus")
    post(url, b"{")
    after = httpx.get(f"{url}/stats").json()["kendra"]
    assert {name: after[name] - before[name] for name in after} == {
        "retrieve": 1,
        "query": 1,
        "errors": 1,
    }
