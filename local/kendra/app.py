"""Amazon Kendra's Retrieve and Query over a Library, in Kendra's own wire protocol.

AWS JSON 1.1 (service model kendra 2019-02-03): POST / with the header
`X-Amz-Target: AWSKendraFrontendService.<operation>`.
Signatures are not checked, and every index id is accepted.
GET /documents/{path} serves the documents, so that the links in the results open.
GET /stats returns how often each operation was called.
"""

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from local.conditions import Conditions
from local.kendra.admission import Admission, ClientGone
from local.kendra.attributes import InvalidFilterError
from local.kendra.errors import ServiceError
from local.kendra.library import Library
from local.kendra.ranking import Hit
from local.kendra.results import query_response, retrieve_response
from local.quota import Clock

_TARGET = "AWSKendraFrontendService."

#: Kendra reads this many words of a question and ignores the rest (API reference, QueryText).
_QUESTION_WORDS = 30

#: Results per page, and in all.
_DEFAULT_PAGE, _MOST = 10, 100


@dataclass
class KendraStats:
    """How often each operation was called, and how many calls ended in an error."""

    retrieve: int = 0
    query: int = 0
    errors: int = 0

    def reset(self) -> None:
        vars(self).update(vars(KendraStats()))

    def as_dict(self) -> dict[str, int]:
        return {"retrieve": self.retrieve, "query": self.query, "errors": self.errors}


class _Documents(StaticFiles):
    """Serves the documents that were read, and no other file of the folder."""

    def __init__(self, library: Library) -> None:
        super().__init__(directory=library.folder, check_dir=False)
        self._library = library

    def lookup_path(self, path: str) -> Any:
        return super().lookup_path(path) if self._library.contains(path) else ("", None)

    def file_response(self, full_path: Any, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(full_path, *args, **kwargs)
        response.headers["x-content-type-options"] = "nosniff"
        if Path(full_path).suffix.lower() in {".md", ".markdown"}:  # shown, not downloaded
            response.headers["content-type"] = "text/plain; charset=utf-8"
        if Path(full_path).suffix.lower() != ".pdf":  # a document's scripts must not run here
            response.headers["content-security-policy"] = "sandbox"
        return response


def kendra_app(
    library: Library, conditions: Conditions | None = None, clock: Clock = time.monotonic
) -> Starlette:
    """Build the app. Its counters are in `app.state.stats` and `app.state.admission`.

    `clock` drives the quota and the counters.
    """
    stats, admission = KendraStats(), Admission(conditions or Conditions(), clock)

    async def call(request: Request) -> Response:
        request_id = str(uuid.uuid4())
        try:
            name, body = _parsed(request.headers.get("x-amz-target", ""), await request.body())
            setattr(stats, name.lower(), getattr(stats, name.lower()) + 1)
            async with admission.admit(str(body.get("IndexId")), request.receive):
                content = await run_in_threadpool(_OPERATIONS[name], library, body)
        except ServiceError as error:
            stats.errors += 1
            return _error_response(error, request_id)
        except ClientGone:
            return Response(status_code=408)  # the client no longer reads it
        return _json(content, {"x-amzn-requestid": request_id})

    async def count(_: Request) -> Response:
        return JSONResponse({"kendra": stats.as_dict()})

    app = Starlette(
        routes=[
            Route("/", call, methods=["POST"]),
            Route("/stats", count),
            Mount("/documents", _Documents(library)),
        ]
    )
    app.state.stats = stats
    app.state.admission = admission
    return app


def _parsed(target: str, body: bytes) -> tuple[str, dict[str, Any]]:
    name = target.removeprefix(_TARGET)
    if not target.startswith(_TARGET) or name not in _OPERATIONS:
        raise ServiceError("UnknownOperationException", f"Unknown operation: {target or 'none'}")
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ServiceError("SerializationException", "The body is not JSON.") from error
    if not isinstance(content, dict):
        raise ServiceError("SerializationException", "The body is not a JSON object.")
    return name, {key: value for key, value in content.items() if value is not None}


def _retrieve(library: Library, body: dict[str, Any]) -> dict[str, Any]:
    _required(body, "IndexId", str)
    question = _question(_required(body, "QueryText", str))
    if not question:
        raise ServiceError("ValidationException", "QueryText is empty.")
    first, size = _window(body)
    hits = _search(library, question, body, first + size)[first:]
    return retrieve_response(library, hits, _requested(body))


def _query(library: Library, body: dict[str, Any]) -> dict[str, Any]:
    _required(body, "IndexId", str)
    question = _question(_optional(body, "QueryText", str) or "")
    first, size = _window(body)
    hits = _search(library, question, body, _MOST)
    best = list({hit.document.path: hit for hit in reversed(hits)}.values())[::-1]
    if _optional(body, "QueryResultTypeFilter", str) not in {None, "DOCUMENT"}:
        best = []  # there are no FAQs here, and no suggested answers
    return query_response(library, best[first : first + size], len(best), _requested(body))


_OPERATIONS: dict[str, Callable[[Library, dict[str, Any]], dict[str, Any]]] = {
    "Retrieve": _retrieve,
    "Query": _query,
}


def _search(library: Library, question: str, body: dict[str, Any], limit: int) -> list[Hit]:
    try:
        return library.search(question, body.get("AttributeFilter"), limit=min(limit, _MOST))
    except InvalidFilterError as error:
        raise ServiceError("ValidationException", str(error)) from error


def _question(text: str) -> str:
    text = text.encode("utf-8", "replace").decode()  # JSON may hold half a surrogate pair
    return " ".join(text.split()[:_QUESTION_WORDS])


def _window(body: dict[str, Any]) -> tuple[int, int]:
    page = _optional(body, "PageNumber", int)
    size = _optional(body, "PageSize", int)
    page, size = 1 if page is None else page, _DEFAULT_PAGE if size is None else size
    if page < 1:
        raise ServiceError("ValidationException", "PageNumber must be at least 1.")
    if not 1 <= size <= _MOST:
        raise ServiceError("ValidationException", f"PageSize must be from 1 to {_MOST}.")
    return (page - 1) * size, size


def _requested(body: dict[str, Any]) -> list[str] | None:
    requested: list[str] | None = _optional(body, "RequestedDocumentAttributes", list)
    return requested


def _required(body: dict[str, Any], name: str, kind: type) -> Any:
    value = _optional(body, name, kind)
    if value is None:
        raise ServiceError("ValidationException", f"{name} is missing.")
    return value


def _optional(body: dict[str, Any], name: str, kind: type) -> Any:
    value = body.get(name)
    if value is not None and (not isinstance(value, kind) or isinstance(value, bool)):
        raise ServiceError("SerializationException", f"{name} has the wrong type.")
    return value


def _error_response(error: ServiceError, request_id: str) -> Response:
    headers = {"x-amzn-requestid": request_id, "x-amzn-ErrorType": error.name}
    return _json({"__type": error.name, "Message": str(error)}, headers, status=error.status)


def _json(content: dict[str, Any], headers: dict[str, str], status: int = 200) -> Response:
    body = json.dumps(content, ensure_ascii=False).encode("utf-8")
    return Response(body, status, headers, media_type="application/x-amz-json-1.1")
