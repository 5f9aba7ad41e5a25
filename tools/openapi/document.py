"""The OpenAPI document, made from the models, the operations and the errors."""

from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import Any, NotRequired

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode
from typing_extensions import TypedDict

from runtime.http import status_of
from tools.openapi.operation import Contract, Operation, Parameter, Success
from tools.openapi.operations import GATEWAY, HEADERS, OPERATIONS

Json = dict[str, Any]

#: The same as in docs/asyncapi.yaml. It changes when callers have to change.
_VERSION = "1"
_SCHEMAS = "#/components/schemas/"
_DESCRIPTION = (
    "Questions about your documents, queued and answered within your quotas. Unknown fields and "
    "parameters are refused; responses may gain fields. Errors are problem details (RFC 9457) with "
    "a stable `type`. Any other address returns 404 `route-not-found`. The WebSocket that sends "
    "answers while they are written is described in docs/asyncapi.yaml."
)
#: Statuses whose problems have a Retry-After header.
_WITH_RETRY_AFTER = (429, 503)


class Fault(TypedDict):
    """An error in one field, header or parameter."""

    field: str
    message: str


class Problem(TypedDict):
    """Problem details (RFC 9457). `type` is stable. Those of API Gateway may have no `status`."""

    type: str
    title: str
    status: NotRequired[int]
    detail: str
    errors: NotRequired[list[Fault]]


@cache
def document() -> Contract:
    """Return the API as an OpenAPI 3.1 document."""
    paths: dict[str, Json] = defaultdict(dict)
    for call, operation in OPERATIONS.items():
        method, path = call.split(" ")
        paths[path][method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Sluice", "version": _VERSION, "description": _DESCRIPTION},
        # Relative to this document, so it is right for any host, stage or distribution.
        "servers": [{"url": "."}],
        "security": [{"key": []}],
        "paths": dict(paths),
        "components": {
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "x-api-key"}},
            "schemas": _schemas(OPERATIONS.values()),
        },
    }


class _Schemas(GenerateJsonSchema):
    """Schemas without generated titles. In responses, fields with a default are required too."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic's
        return False

    def field_is_required(self, field: Any, total: bool) -> bool:
        return self.mode == "serialization" or super().field_is_required(field, total)


def _schemas(operations: Iterable[Operation]) -> Json:
    """Return the schemas of all bodies, by name."""
    bodies: list[tuple[type[Any] | None, JsonSchemaMode]] = [(Problem, "validation")]
    for operation in operations:
        bodies.append((operation.body, "validation"))
        bodies += [(success.body, "serialization") for success in operation.successes.values()]
    _, made = TypeAdapter.json_schemas(
        [(str(body), mode, TypeAdapter(body)) for body, mode in bodies if body],
        schema_generator=_Schemas,
        ref_template=f"{_SCHEMAS}{{model}}",
    )
    schemas: Json = made["$defs"]
    return schemas


def _operation(operation: Operation) -> Json:
    made: Json = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": [_parameter(parameter) for parameter in operation.parameters],
        "responses": {str(status): _success(each) for status, each in operation.successes.items()}
        | {str(status): _problem(status, kinds) for status, kinds in _problems(operation).items()},
    }
    if operation.body:
        made["requestBody"] = {"required": True, "content": _content(operation.body)}
    return made


def _parameter(parameter: Parameter) -> Json:
    return {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.place == "path",
        "description": parameter.description,
        "schema": parameter.schema,
    }


def _success(success: Success) -> Json:
    made: Json = {
        "description": success.description,
        "headers": _headers(success.headers, required=True)
        | _headers(success.optional_headers, required=False),
    }
    if success.body:
        made["content"] = _content(success.body)
    if success.links:
        made["links"] = {
            OPERATIONS[link.call].name: {
                "operationId": OPERATIONS[link.call].name,
                "parameters": link.parameters,
            }
            for link in success.links
        }
    return made


def refusals(operation: Operation) -> dict[int, dict[str, str]]:
    """Return types and titles of the problems that our function answers with, by status."""
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for kind in (*operation.always, *operation.refusals):
        found[status_of(kind)][kind.type] = kind.title
    return found


def _problems(operation: Operation) -> dict[int, dict[str, str]]:
    """Return types and titles of our problems and of API Gateway's, by status."""
    has_path = any(parameter.place == "path" for parameter in operation.parameters)
    found = refusals(operation)
    for status, kinds in GATEWAY.items():
        if (status != 404 or has_path) and (status != 413 or operation.body):
            found[status] |= kinds
    return dict(sorted(found.items()))


def _problem(status: int, kinds: dict[str, str]) -> Json:
    schema = {"$ref": f"{_SCHEMAS}Problem", "properties": {"type": {"enum": list(kinds)}}}
    return {
        "description": " ".join(f"`{kind}`: {title}." for kind, title in kinds.items()),
        "content": {"application/problem+json": {"schema": schema}},
    } | (
        {"headers": _headers(["Retry-After"], required=True)} if status in _WITH_RETRY_AFTER else {}
    )


def _headers(names: Iterable[str], *, required: bool) -> Json:
    return {
        name: {
            "description": HEADERS[name][0],
            "required": required,
            "schema": HEADERS[name][1],
        }
        for name in names
    }


def _content(body: type[Any]) -> Json:
    return {"application/json": {"schema": {"$ref": f"{_SCHEMAS}{body.__name__}"}}}
