"""docs/openapi.json describes what the code and the template do, and no more."""

import json
import re
from functools import cache
from typing import Any

import pytest
import schemathesis
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel, ValidationError

from local.package import read_template
from runtime.contract import FILE
from runtime.http import Request, status_of
from runtime.preferences import LONGEST_WAIT, idempotency_key, wait_parameter
from sluice import errors
from sluice.ids import MOST_QUESTIONS, is_job_id, new_job_id
from sluice.job.batch import BatchRequest
from sluice.job.question import Question
from tests.builders import NOW
from tests.unit.test_asyncapi import AT_THE_LIMITS, FILTERS, METADATA, PROJECT
from tools.openapi.__main__ import rendered
from tools.openapi.document import document
from tools.openapi.operations import GATEWAY, ID, OPERATIONS

TEMPLATE = read_template(PROJECT / "template.yaml")["Resources"]


def calls() -> dict[str, Any]:
    """Return the document's operations, by method and path."""
    return {
        f"{method.upper()} {path}": operation
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
    }


def types_of(response: Any) -> set[str]:
    """Return the problem types of a documented response; none for a success."""
    problem = response.get("content", {}).get("application/problem+json")
    return set(problem["schema"]["properties"]["type"]["enum"]) if problem else set()


def all_of(kind: type[errors.SluiceError]) -> list[type[errors.SluiceError]]:
    return [kind, *(each for child in kind.__subclasses__() for each in all_of(child))]


@cache
def validator(model: str) -> Draft202012Validator:
    schema = {"$ref": f"#/components/schemas/{model}", "components": document()["components"]}
    return Draft202012Validator(schema)


def is_accepted(model: type[BaseModel], body: Any) -> bool:
    try:
        model.model_validate_json(json.dumps(body))
    except ValidationError:
        return False
    return True


def a_request(**fields: Any) -> Request:
    return Request(**{"caller": "ann", "path": {}, "query": {}, "headers": {}, "body": ""} | fields)


def test_the_committed_file_is_generated_from_the_code_and_is_the_one_served() -> None:
    committed = (PROJECT / "docs" / "openapi.json").read_text(encoding="utf-8")
    assert committed == rendered()
    assert FILE.read_text(encoding="utf-8") == committed


def test_no_shipped_module_makes_schemas() -> None:
    """Schemas are made in tools/: each imported module lengthens a cold start."""
    sources = {path: path.read_text(encoding="utf-8") for path in (PROJECT / "src").rglob("*.py")}
    assert sources
    assert not [path for path, source in sources.items() if "json_schema" in source]


def test_it_is_a_valid_openapi_document() -> None:
    schemathesis.openapi.from_dict(json.loads(json.dumps(document()))).validate()


def test_it_has_the_routes_of_the_template_and_no_others() -> None:
    routed = {
        f"{event['Properties']['Method']} {event['Properties']['Path']}"
        for resource in TEMPLATE.values()
        for event in resource.get("Properties", {}).get("Events", {}).values()
        if event["Type"] == "Api"
    }
    assert set(calls()) == routed


def test_every_refusal_is_documented() -> None:
    documented = {kind for call in calls().values() for at in call["responses"].values() for kind in types_of(at)}  # fmt: skip
    refused = {kind.type for kind in all_of(errors.Rejected)}
    ours = {
        kind.type for kind in (errors.SluiceError, errors.StoreUnavailable, errors.QueueRefused)
    }
    assert documented == refused | ours | {"too-many-requests"}


def test_each_problem_has_its_errors_status_or_is_the_gateways() -> None:
    kinds = {kind.type: kind for kind in all_of(errors.SluiceError)}
    for call in calls().values():
        for status, response in call["responses"].items():
            for kind in types_of(response) - set(GATEWAY.get(int(status), ())):
                assert status_of(kinds[kind]) == int(status)


def test_the_gateways_problems_are_the_templates() -> None:
    for name, response in TEMPLATE["Api"]["Properties"]["GatewayResponses"].items():
        text = response["ResponseTemplates"]["application/json"]
        body = json.loads(re.sub(r"(?<!\w )\$context\.error\.messageString", '"a message"', text))
        assert validator("Problem").is_valid(body)
        assert (
            response["ResponseParameters"]["Headers"]["Content-Type"]
            == "'application/problem+json'"
        )
        family = {"DEFAULT_4XX": 4, "DEFAULT_5XX": 5}.get(name)
        statuses = [status for status in GATEWAY if status // 100 == family] if family else []
        answers = [GATEWAY[status] for status in statuses or [response["StatusCode"]]]
        assert any(kinds.get(body["type"]) == body["title"] for kinds in answers), name


def test_every_429_and_503_has_a_retry_after() -> None:
    for call in calls().values():
        for status, response in call["responses"].items():
            assert ("Retry-After" in response.get("headers", {})) or status not in ("429", "503")


def test_each_reference_can_be_resolved() -> None:
    for ref in set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document()))):
        place: Any = document()
        for part in ref.split("/"):
            assert part in place, ref
            place = place[part]


def test_each_links_parameters_are_those_of_its_call() -> None:
    by_id = {call["operationId"]: call for call in calls().values()}
    assert len(by_id) == len(calls())
    links = [
        link
        for call in calls().values()
        for response in call["responses"].values()
        for link in response.get("links", {}).values()
    ]
    assert {"get_job", "cancel_job", "retry_job", "get_batch", "cancel_batch", "list_jobs"} == {
        link["operationId"] for link in links
    }
    for link in links:
        accepted = {each["name"] for each in by_id[link["operationId"]]["parameters"]}
        assert set(link["parameters"]) <= accepted


def test_each_placeholder_of_a_path_is_a_parameter() -> None:
    for name, operation in OPERATIONS.items():
        listed = {each.name for each in operation.parameters if each.place == "path"}
        assert listed == set(re.findall(r"\{(\w+)\}", name))


#: Question bodies at the limits of what is valid, and beyond them.
QUESTIONS: list[Any] = [
    *({k: v for k, v in body.items() if k != "action"} for body in AT_THE_LIMITS if body["action"] == "ask"),
    *({"question": "Why?", "filter": filter_} for filter_ in FILTERS),
    *({"question": "Why?", "metadata": metadata} for metadata in METADATA),
    *({"question": "Why?", "previous_job_id": given} for given in (1, new_job_id(NOW))),
    *({}, [], "Why?", None, {"question": None}, {"question": "Why?", "colour": "red"}),
]  # fmt: skip
#: What the schema cannot say: that an id is malformed, or that a question has no words.
BEYOND_SCHEMAS: list[Any] = [{"question": "Why?", "previous_job_id": "x"}, {"question": "..."}]


@pytest.mark.parametrize("body", [body for body in QUESTIONS if body not in BEYOND_SCHEMAS])
def test_the_schema_of_a_question_has_the_limits_of_the_code(body: Any) -> None:
    assert validator("Question").is_valid(body) == is_accepted(Question, body)
    if isinstance(body, dict):
        batch = {"questions": [body | {"custom_id": "row"}]}
        assert validator("BatchRequest").is_valid(batch) == is_accepted(BatchRequest, batch)


@pytest.mark.parametrize("count", [0, 1, MOST_QUESTIONS, MOST_QUESTIONS + 1])
def test_the_schema_of_a_batch_has_the_limits_of_the_code(count: int) -> None:
    batch = {"questions": [{"question": "Why?", "custom_id": str(n)} for n in range(count)]}
    assert validator("BatchRequest").is_valid(batch) == is_accepted(BatchRequest, batch)


@given(st.one_of(st.from_regex(ID["pattern"]), st.uuids().map(str), st.text()))
def test_the_schema_of_an_id_matches_job_ids_only(text: str) -> None:
    # Python's $ also matches before a final line feed; that of ECMA-262, which schemas use, does not.
    matches = bool(re.search(ID["pattern"], text)) and not text.endswith("\n")
    assert matches == is_job_id(text)
    assert is_job_id(new_job_id(NOW))


def parameter(call: str, name: str) -> Draft202012Validator:
    (found,) = [each for each in calls()[call]["parameters"] if each["name"] == name]
    return Draft202012Validator(found["schema"])


@pytest.mark.parametrize("key", ["", "a", "a b", "~!", "ä", "a\nb", "a\x00", "a" * 255, "a" * 256])
@pytest.mark.parametrize("call", ["POST /jobs", "POST /batches"])
def test_the_schema_of_an_idempotency_key_has_the_limits_of_the_code(call: str, key: str) -> None:
    request = a_request(headers={"idempotency-key": key})
    if parameter(call, "Idempotency-Key").is_valid(key):
        assert idempotency_key(request) == key
    else:
        with pytest.raises(errors.InvalidRequest):
            idempotency_key(request)


@pytest.mark.parametrize("wait", [-1, 0, 1, LONGEST_WAIT, LONGEST_WAIT + 1])
def test_the_schema_of_a_wait_has_the_limits_of_the_code(wait: int) -> None:
    request = a_request(query={"wait": str(wait)})
    if parameter("GET /jobs/{job_id}", "wait").is_valid(wait):
        assert wait_parameter(request) == wait
    else:
        with pytest.raises(errors.InvalidRequest):
            wait_parameter(request)


def test_a_number_with_very_many_digits_is_refused_like_any_other() -> None:
    with pytest.raises(errors.InvalidRequest, match="0 to 20"):
        wait_parameter(a_request(query={"wait": "1" * 5_000}))
