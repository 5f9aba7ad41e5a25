"""Checks what a service sends against docs/openapi.json and docs/asyncapi.yaml."""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml
from jsonschema import Draft202012Validator

_DOCS = Path(__file__).parents[1] / "docs"


@cache
def openapi() -> dict[str, Any]:
    """The contract of the REST API."""
    found: dict[str, Any] = json.loads((_DOCS / "openapi.json").read_text("utf-8"))
    return found


@cache
def asyncapi() -> dict[str, Any]:
    """The contract of the WebSocket."""
    found: dict[str, Any] = yaml.safe_load((_DOCS / "asyncapi.yaml").read_text("utf-8"))
    return found


def documented(method: str, path: str) -> str:
    """Return the documented call of a request, such as `GET /jobs/{job_id}`."""
    for known, methods in openapi()["paths"].items():
        pattern = re.sub(r"\{\w+\}", "[^/]+", known)
        if method.lower() in methods and re.fullmatch(pattern, path.partition("?")[0]):
            return f"{method} {known}"
    raise AssertionError(f"{method} {path} is not documented")


def response_of(call: str, status: int) -> dict[str, Any]:
    """Return what is documented about a call's responses with this status."""
    method, path = call.split(" ")
    responses = openapi()["paths"][path][method.lower()]["responses"]
    assert str(status) in responses, f"{call} never answers {status}"
    found: dict[str, Any] = responses[str(status)]
    return found


def check_body(call: str, status: int, content_type: str, body: Any) -> None:
    """Fail unless a response of this call with this status may have this body; None is no body."""
    response = response_of(call, status)
    if "content" not in response:
        assert body is None, f"{call} answers {status} without a body"
        return
    assert content_type in response["content"], f"{call} never answers {status} as {content_type}"
    faults = _body_schema(call, status, content_type).faults(body)
    assert not faults, f"{call} never answers {status} with this body: {faults}"


def payload_schema(name: str) -> dict[str, Any]:
    """Return the schema of a WebSocket message's payload, with what it refers to."""
    components = asyncapi()["components"]
    return {"$ref": f"#/components/messages/{name}/payload", "components": components}


def check_event(message: Mapping[str, Any]) -> None:
    """Fail unless the service may send this message over a WebSocket."""
    name = message["type"]
    sent = [each["$ref"] for each in asyncapi()["operations"]["sendEvent"]["messages"]]
    assert f"#/channels/connection/messages/{name}" in sent, f"{name} is never sent"
    faults = _message_schema(name).faults(message)
    assert not faults, f"{name} is never like this: {faults}"


class _Schema:
    """A schema in two validators: jsonschema takes half a second for a page of a hundred jobs."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._fast = jsonschema_rs.Draft202012Validator(schema)
        self._slow = Draft202012Validator(schema)

    def faults(self, value: Any) -> list[str]:
        """Return what is wrong with the value, and where."""
        try:
            if self._fast.is_valid(value):
                return []
        except UnicodeEncodeError:
            pass  # Half of a surrogate pair: JSON can hold one, UTF-8 cannot.
        found = self._slow.iter_errors(value)
        return [f"{fault.json_path}: {fault.message}" for fault in found]


@cache
def _body_schema(call: str, status: int, content_type: str) -> _Schema:
    schema = response_of(call, status)["content"][content_type]["schema"]
    return _Schema({**schema, "components": _exact_components()})


@cache
def _message_schema(name: str) -> _Schema:
    return _Schema(payload_schema(name))


@cache
def _exact_components() -> dict[str, Any]:
    """Return the components, which allow no field that a newer version may add."""
    components: dict[str, Any] = json.loads(json.dumps(openapi()["components"]))
    for schema in components["schemas"].values():
        if "properties" in schema:
            schema["additionalProperties"] = False
    return components
