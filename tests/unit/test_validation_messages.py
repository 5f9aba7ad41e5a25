"""What a caller is answered to JSON of the wrong form: each message is read after its field."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from runtime.http import invalid
from sluice.errors import InvalidJson
from sluice.intake.actions import parse_action
from sluice.job.batch import BatchRequest
from sluice.job.question import Question

FILTER_VALUE = (
    "filter.year: must be a string of 1 to 2048 characters, a 64-bit integer, "
    "or a list of 1 to 20 such strings"
)


def detail(parse: Callable[[str], object], body: str) -> str:
    with pytest.raises(ValidationError) as caught:
        parse(body)
    return invalid(caught.value).detail


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"question": None}, "question: must be a string"),
        ({"question": ""}, "question: must not be empty"),
        ({"question": "..."}, "question: must have at least one letter or digit"),
        ({"question": "a" * 1001}, "question: must have at most 1000 characters"),
        ({"questoin": "Why?"}, "questoin: unknown field"),
        ({"[key]": 5}, "[key]: unknown field"),
        ({"metadata": {"[key]": 5}}, "metadata.[key]: must be a string"),
        ({"lane": "fast"}, "lane: must be 'bulk'"),
        ({"previous_job_id": "7"}, "previous_job_id: must be a job id"),
        ({"max_wait_seconds": 0}, "max_wait_seconds: must be greater than 0"),
        ({"max_wait_seconds": 700_000}, "max_wait_seconds: must be at most 604800"),
        ({"max_wait_seconds": "5"}, "max_wait_seconds: must be a number"),
        ({"max_wait_seconds": float("nan")}, "max_wait_seconds: must be a finite number"),
        ({"metadata": []}, "metadata: must be an object"),
        ({"metadata": {"sheet": 1}}, "metadata.sheet: must be a string"),
        ({"metadata": {"": "A"}}, "metadata: each key must not be empty"),
        ({"metadata": {"a" * 513: "A"}}, "metadata: each key must have at most 512 characters"),
        ({"metadata": {str(n): "" for n in range(17)}}, "metadata: must have at most 16 entries"),
        ({"filter": {"year": None}}, FILTER_VALUE),
        ({"filter": {"year": True}}, FILTER_VALUE),
        ({"filter": {"year": 1.5}}, FILTER_VALUE),
        ({"filter": {"year": 2**63}}, FILTER_VALUE),
        ({"filter": {"year": ""}}, FILTER_VALUE),
        ({"filter": {"year": []}}, FILTER_VALUE),
        ({"filter": {"year": [2024]}}, FILTER_VALUE),
    ],
)
def test_each_message_about_a_question_reads_well_after_its_field(
    fields: dict[str, Any], message: str
) -> None:
    body = json.dumps({"question": "Why?"} | fields)
    assert detail(Question.model_validate_json, body) == message


@pytest.mark.parametrize(
    ("questions", "message"),
    [
        ([], "questions: must not be empty"),
        ({}, "questions: must be a list"),
        (["Why?"], "questions.0: must be an object"),
        ([{"custom_id": "a"}], "questions.0.question: is required"),
        (
            [{"custom_id": "a", "question": "Why?"}] * 2,
            "questions: each custom_id must be unique, but questions 0 and 1 share one",
        ),
        (
            [{"custom_id": str(n), "question": "Why?"} for n in range(101)],
            "questions: must have at most 100 entries",
        ),
    ],
)
def test_each_message_about_a_batch_reads_well_after_its_field(
    questions: Any, message: str
) -> None:
    body = json.dumps({"questions": questions})
    assert detail(BatchRequest.model_validate_json, body) == message


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ([], "body: must be an object"),
        ({}, "action: is required"),
        (
            {"action": "shout"},
            "action: must be 'ask', 'subscribe', 'unsubscribe', 'cancel' or 'ping'",
        ),
        ({"action": "subscribe", "job_ids": []}, "job_ids: must not be empty"),
    ],
)
def test_each_message_about_an_action_reads_well_after_its_field(action: Any, message: str) -> None:
    assert detail(parse_action, json.dumps(action)) == message


def test_three_messages_at_most_are_in_the_detail_and_all_of_them_in_the_errors() -> None:
    with pytest.raises(ValidationError) as caught:
        Question.model_validate(dict.fromkeys("abcd", 1) | {"question": "Why?"})
    error = invalid(caught.value)
    assert error.detail == "a: unknown field; b: unknown field; c: unknown field"
    assert [each["field"] for each in error.errors] == ["a", "b", "c", "d"]


def test_a_body_that_is_not_json_is_refused_with_the_place_of_its_error() -> None:
    with pytest.raises(ValidationError) as caught:
        Question.model_validate_json('{"question": }')
    error = invalid(caught.value)
    assert isinstance(error, InvalidJson)
    assert error.detail == "Fix the JSON: expected value at line 1 column 14."
