"""HTTP: turns API Gateway events into requests, and responses and errors into its results.

Only this module turns errors into problem details (RFC 9457).
API Gateway has already matched the route (`httpMethod`, `resource`), so the routes of a function
are a dictionary.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from runtime.telemetry import logger
from sluice import errors

Body = BaseModel | Mapping[str, Any]
Event = Mapping[str, Any]

#: The Retry-After of a 503, in seconds.
_RETRY_AFTER = "5"

#: The statuses of errors. The first class that fits decides.
_STATUS: tuple[tuple[type[errors.SluiceError], int], ...] = (
    (errors.InvalidJson, 400),
    (errors.InvalidId, 400),
    (errors.InvalidCursor, 400),
    (errors.InvalidRequest, 422),
    (errors.UnsupportedMediaType, 415),
    (errors.TooLarge, 413),
    (errors.Unauthorized, 401),
    (errors.NotFound, 404),
    (errors.RouteNotFound, 404),
    (errors.Conflict, 409),
    (errors.TooManyOpenJobs, 429),
    (errors.Transient, 503),
    (errors.SluiceError, 500),
)


#: The messages for pydantic's error types. Each is read after the name of its field.
_MESSAGES = {
    "extra_forbidden": "unknown field",
    "missing": "is required",
    "string_type": "must be a string",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "too_short": "must not be empty",
    "too_long": "must have at most {max_length} entries",
    "literal_error": "must be {expected}",
    "list_type": "must be a list",
    "greater_than": "must be greater than {gt:g}",
    "less_than_equal": "must be at most {le:g}",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
}
#: The last part of pydantic's path to an error in the key of an object, after the key itself.
_KEY = "[key]"


@dataclass(frozen=True)
class Request:
    """The parts of an API Gateway proxy event that routes use. Header names are in lower case."""

    caller: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: str

    @classmethod
    def of(cls, event: Event) -> "Request":
        headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
        body = event.get("body") or ""
        if event.get("isBase64Encoded"):
            body = base64.b64decode(body).decode("utf-8", "replace")
        return cls(
            caller=_caller(headers.get("x-api-key", "")),
            path=event.get("pathParameters") or {},
            query=event.get("queryStringParameters") or {},
            headers=headers,
            body=body,
        )


@dataclass(frozen=True)
class Response:
    """A status, a body, and headers besides Content-Type."""

    status: int
    body: Body | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def to_event(self, content_type: str = "application/json") -> dict[str, Any]:
        headers = {"Content-Type": content_type, "Cache-Control": "no-store", **self.headers}
        return {"statusCode": self.status, "headers": headers, "body": encode(self.body)}


Model = TypeVar("Model", bound=BaseModel)
Route = Callable[[Request], Response]


class Api:
    """The routes of a function, by method and resource such as `GET /jobs/{job_id}`."""

    def __init__(
        self, routes: Mapping[str, Route], parameters: Mapping[str, Collection[str]] | None = None
    ) -> None:
        """`parameters` are the query parameters of each route. Others are refused."""
        self.routes = routes
        self.parameters = parameters or {}

    def __call__(self, event: Event, _context: object) -> dict[str, Any]:
        try:
            return self._route(event)(Request.of(event)).to_event()
        except errors.Rejected as error:
            logger.info("refused", type=error.type)
            return problem(error)
        except errors.SluiceError as error:
            logger.exception("failed", type=error.type)
            return problem(error)
        except Exception:
            logger.exception("failed")
            return problem(
                errors.SluiceError("Try again. If the error persists, report it to the operator.")
            )

    def _route(self, event: Event) -> Route:
        name = f"{event.get('httpMethod')} {event.get('resource')}"
        if name not in self.routes:
            raise errors.RouteNotFound(
                f"{name} is not a route of this API. GET /openapi.json lists all routes."
            )
        _check_query(event, self.parameters.get(name, ()))
        return self.routes[name]


def status_of(kind: type[errors.SluiceError]) -> int:
    """The HTTP status of a class of errors."""
    return next(status for known, status in _STATUS if issubclass(kind, known))


def problem(error: errors.SluiceError) -> dict[str, Any]:
    """A response with an error as problem details (RFC 9457). Its `type` is stable."""
    status = status_of(type(error))
    body: dict[str, Any] = {
        "type": error.type,
        "title": error.title,
        "status": status,
        "detail": error.detail,
    }
    if isinstance(error, errors.InvalidRequest) and error.errors:
        body["errors"] = error.errors
    headers = {"Retry-After": _RETRY_AFTER} if status == 503 else {}
    if isinstance(error, errors.TooManyOpenJobs):
        headers = {"Retry-After": str(error.retry_after)}
    return Response(status, body, headers).to_event("application/problem+json")


def refusal(field: str, message: str) -> errors.InvalidRequest:
    """The error for one field, header or parameter. `message` is read after its name."""
    return errors.InvalidRequest(f"{field}: {message}", [{"field": field, "message": message}])


def parse(model: type[Model], request: Request) -> Model:
    """The request's JSON body. Raises UnsupportedMediaType, InvalidJson or InvalidRequest."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise errors.UnsupportedMediaType("Send the header Content-Type: application/json.")
    try:
        return model.model_validate_json(request.body)
    except ValidationError as error:
        raise invalid(error) from None


def invalid(error: ValidationError) -> errors.InvalidRequest:
    """The error for a caller's JSON that pydantic refused. Its detail names up to three fields."""
    found = error.errors(include_url=False, include_input=False)
    if found[0]["type"] == "json_invalid":
        return errors.InvalidJson(f"Fix the JSON: {found[0]['ctx']['error']}.")
    faults = [_fault(entry) for entry in found]
    detail = "; ".join(f"{fault['field']}: {fault['message']}" for fault in faults[:3])
    return errors.InvalidRequest(detail, faults)


def etag(body: Body) -> str:
    """The ETag of a body: a weak one, made from its hash."""
    return f'W/"{hashlib.sha256(encode(body).encode()).hexdigest()[:20]}"'


def matches(if_none_match: str, tag: str) -> bool:
    """Whether an If-None-Match header contains `tag` (weak comparison, RFC 9110)."""
    named = {part.strip().removeprefix("W/") for part in if_none_match.split(",")}
    return "*" in named or tag.removeprefix("W/") in named


def encode(body: Body | None) -> str:
    """The body as JSON. Without a body, an empty string."""
    if body is None:
        return ""
    if isinstance(body, BaseModel):
        return body.model_dump_json()
    return json.dumps(body, ensure_ascii=False, default=lambda part: part.model_dump(mode="json"))


def _caller(key: str) -> str:
    """The name under which a caller's jobs are stored: a hash, so that no key is stored or logged.

    API Gateway has checked the key. Keys are random, so nobody can find one from its hash.
    """
    if not key:
        raise errors.Unauthorized("Send your API key in the header x-api-key.")
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def _check_query(event: Event, known: Collection[str]) -> None:
    for name in event.get("queryStringParameters") or {}:
        if name not in known:
            advice = f"use {', '.join(known)}" if known else "this call has none"
            raise refusal(name, f"unknown parameter; {advice}")
    for name, values in (event.get("multiValueQueryStringParameters") or {}).items():
        if len(values) > 1:
            raise refusal(name, "must be given once")


def _fault(error: ErrorDetails) -> dict[str, str]:
    """The field that pydantic found an error in, and a message that says what to do."""
    place = error["loc"]
    message = _MESSAGES.get(error["type"], error["msg"].removeprefix("Value error, "))
    message = message.format_map(error.get("ctx", {}))
    # A caller may use this name for a field too, but not at this place.
    if place[-1:] == (_KEY,) and place[-3:-2] in (("metadata",), ("filter",)):
        place, message = place[:-2], f"each key {message}"
    return {"field": ".".join(str(part) for part in place) or "body", "message": message}
