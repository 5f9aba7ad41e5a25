"""The retrievers on Amazon Kendra: one uses the call Retrieve, the other the call Query.

In Retrieve's response, DocumentTitle is a string and Content has up to 200 words.
In Query's response, title and excerpt are {Text, Highlights}.
The page is the attribute `_excerpt_page_number`, which only PDFs have.
ScoreAttributes may be absent.
All this was checked against recorded responses.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adapters.failures import upstream
from sluice.job.filters import FilterField, FilterFields, FilterValue, Kind
from sluice.job.passage import Confidence, Passage, clean

if TYPE_CHECKING:
    from mypy_boto3_kendra import KendraClient

_NAME = "Amazon Kendra"


@dataclass(frozen=True)
class KendraRetriever:
    """Searches one index with Retrieve. Each call counts against the index's quota."""

    client: "KendraClient"
    index_id: str
    filters: FilterFields
    #: The number of passages to ask for, 1 to 100.
    page_size: int

    def retrieve(self, query: str, filters: Mapping[str, FilterValue]) -> Sequence[Passage]:
        with upstream(_NAME):
            return passages_of_retrieve(self.client.retrieve(**self._request(query, filters)))

    def _request(self, query: str, filters: Mapping[str, FilterValue]) -> dict[str, Any]:
        request: dict[str, Any] = {
            "IndexId": self.index_id,
            "QueryText": query,
            "PageSize": self.page_size,
        }
        if filters:
            request["AttributeFilter"] = attribute_filter(self.filters.resolve(filters))
        return request


@dataclass(frozen=True)
class KendraQueryRetriever(KendraRetriever):
    """Searches one index with Query, which also finds FAQs and short documents."""

    def retrieve(self, query: str, filters: Mapping[str, FilterValue]) -> Sequence[Passage]:
        with upstream(_NAME):
            return passages_of_query(self.client.query(**self._request(query, filters)))


def attribute_filter(wanted: Sequence[tuple[FilterField, FilterValue]]) -> dict[str, Any]:
    """Kendra's AttributeFilter. Every field must match, each with any of its values."""
    return {"AndAllFilters": [_condition(field, value) for field, value in wanted]}


def _condition(field: FilterField, value: FilterValue) -> dict[str, Any]:
    if isinstance(value, int):
        return {"EqualsTo": {"Key": field.key, "Value": {"LongValue": value}}}
    values = value if isinstance(value, list) else [value]
    if field.kind is Kind.LIST:
        return {"ContainsAny": {"Key": field.key, "Value": {"StringListValue": values}}}
    equal = [{"EqualsTo": {"Key": field.key, "Value": {"StringValue": text}}} for text in values]
    return equal[0] if len(equal) == 1 else {"OrAllFilters": equal}


def passages_of_retrieve(response: Mapping[str, Any]) -> list[Passage]:
    """The passages in a response of Retrieve, in Kendra's order."""
    return list(_passages(response, lambda item: _text(item.get("Content"))))


def passages_of_query(response: Mapping[str, Any]) -> list[Passage]:
    """The passages in a response of Query: answers, FAQs and document excerpts."""
    return list(_passages(response, _query_text))


def _passages(response: Mapping[str, Any], text_of: Any) -> Iterator[Passage]:
    for item in response.get("ResultItems") or []:
        text = clean(text_of(item))
        if text:
            yield _passage(item, text)


def _passage(item: Mapping[str, Any], text: str) -> Passage:
    attributes = {
        attribute.get("Key"): attribute.get("Value") or {}
        for attribute in item.get("DocumentAttributes") or []
    }
    document_id = item.get("DocumentId") or ""
    uri = item.get("DocumentURI") or attributes.get("_source_uri", {}).get("StringValue")
    if not uri and document_id.startswith("s3://"):
        uri = document_id
    page = attributes.get("_excerpt_page_number", {}).get("LongValue")
    title = " ".join(clean(_text(item.get("DocumentTitle"))).split())
    return Passage(
        document_id=document_id,
        title=title or (uri or document_id).rstrip("/").rpartition("/")[2] or "Untitled",
        text=text,
        page=page if page and page > 0 else None,
        uri=uri or None,
        confidence=_confidence(item),
    )


def _query_text(item: Mapping[str, Any]) -> str:
    """The text of an item of Query. The answer of a FAQ makes sense only with its question."""
    additional = {
        attribute.get("Key"): _text((attribute.get("Value") or {}).get("TextWithHighlightsValue"))
        for attribute in item.get("AdditionalAttributes") or []
    }
    excerpt = _text(item.get("DocumentExcerpt"))
    if item.get("Type") == "QUESTION_ANSWER":
        question = additional.get("QuestionText", "")
        return f"{question} {additional.get('AnswerText') or excerpt}"
    return additional.get("AnswerText") or excerpt


def _text(value: Any) -> str:
    """The text in a value, which is a string in Retrieve and {Text, Highlights} in Query."""
    if isinstance(value, Mapping):
        value = value.get("Text")
    return value if isinstance(value, str) else ""


def _confidence(item: Mapping[str, Any]) -> Confidence:
    score = (item.get("ScoreAttributes") or {}).get("ScoreConfidence")
    return Confidence(score) if score in list(Confidence) else Confidence.NOT_AVAILABLE
