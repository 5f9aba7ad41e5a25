"""Kendra's responses for search hits (service model kendra 2019-02-03)."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from local.kendra.excerpt import excerpt
from local.kendra.library import Library
from local.kendra.metadata import Value
from local.kendra.ranking import Hit


def retrieve_response(
    library: Library, hits: Sequence[Hit], requested: list[str] | None
) -> dict[str, Any]:
    """Return the response of Retrieve. If `requested` is None, it has all attributes."""
    query_id = str(uuid.uuid4())
    return {
        "QueryId": query_id,
        "ResultItems": [
            {
                **_item(library, hit, query_id, requested),
                "DocumentTitle": hit.document.title,
                "Content": hit.passage.text,
            }
            for hit in hits
        ],
    }


def query_response(
    library: Library, hits: Sequence[Hit], total: int, requested: list[str] | None
) -> dict[str, Any]:
    """Return the response of Query: DOCUMENT results with excerpts and highlights."""
    query_id = str(uuid.uuid4())
    return {
        "QueryId": query_id,
        "ResultItems": [
            {
                **_item(library, hit, query_id, requested),
                "Type": "DOCUMENT",
                "Format": "TEXT",
                "AdditionalAttributes": [],
                "DocumentTitle": {"Text": hit.document.title, "Highlights": []},
                "DocumentExcerpt": _excerpt(hit),
            }
            for hit in hits
        ],
        "FacetResults": [],
        "TotalNumberOfResults": total,
    }


def _item(library: Library, hit: Hit, query_id: str, requested: list[str] | None) -> dict[str, Any]:
    attributes = {**library.attributes(hit.document)}
    uri = str(attributes["_source_uri"])
    if hit.passage.page is not None:
        attributes["_excerpt_page_number"] = hit.passage.page
    place = f"{hit.document.uri_path}#{hit.passage.number}"
    return {
        "Id": f"{query_id}-{uuid.uuid5(uuid.NAMESPACE_URL, place)}",
        "DocumentId": hit.document.document_id,
        "DocumentURI": uri,
        "DocumentAttributes": _attributes(attributes, requested),
        "ScoreAttributes": {"ScoreConfidence": hit.confidence},
    }


def _attributes(
    attributes: Mapping[str, Value], requested: list[str] | None
) -> list[dict[str, Any]]:
    names = attributes if requested is None else [name for name in requested if name in attributes]
    return [{"Key": name, "Value": _value(attributes[name])} for name in names]


def _value(value: Value) -> dict[str, Any]:
    if isinstance(value, str):
        return {"StringValue": value}
    if isinstance(value, int):
        return {"LongValue": value}
    if isinstance(value, datetime):
        return {"DateValue": value.timestamp()}
    return {"StringListValue": value}


def _excerpt(hit: Hit) -> dict[str, Any]:
    shown = excerpt(hit.passage.text, hit.highlights)
    return {
        "Text": shown.text,
        "Highlights": [
            {"BeginOffset": begin, "EndOffset": end, "TopAnswer": False, "Type": "STANDARD"}
            for begin, end in shown.highlights
        ],
    }
