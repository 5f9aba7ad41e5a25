"""What goes into one batch, and that the client applies the service's rules to a question."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from sluice.ids import MOST_QUESTIONS as SERVICE_MOST_QUESTIONS
from sluice.job.batch import BatchRequest
from sluice_client.burst.input_line import check_line
from sluice_client.burst.submission import (
    MOST_QUESTIONS,
    Submission,
    SubmissionBatch,
    partition,
)
from tests.client.burst.fakes import (
    numbered,
)
from tests.client.fakes import JOB_ID


def named(name: str, question: str, **more: Any) -> dict[str, Any]:
    return {"custom_id": name, "question": question, **more}


#: Lines to compare the client's rules and the service's with.
JUDGED: list[dict[str, Any]] = [
    {"question": "x" * 1_000},
    {"question": " " + "x" * 1_000 + "\n"},
    {"question": "x" * 1_001},
    {"question": "  "},
    {"question": "?"},
    {"question": "é"},
    {"question": "東"},
    {"question": 1},
    {"question": "a", "custom_id": "x" * 256},
    {"question": "a", "custom_id": "x" * 257},
    {"question": "a", "custom_id": ""},
    {"question": "a", "filter": {}},
    {"question": "a", "filter": {"n": 1, "t": "x", "l": ["x"]}},
    {"question": "a", "filter": {"n": 1.5}},
    {"question": "a", "filter": {"n": True}},
    {"question": "a", "filter": {"n": None}},
    {"question": "a", "filter": {"n": []}},
    {"question": "a", "filter": {"n": [1]}},
    {"question": "a", "filter": {"n": ["x"] * 20}},
    {"question": "a", "filter": {"n": ["x"] * 21}},
    {"question": "a", "filter": {"n": ""}},
    {"question": "a", "filter": {"": "x"}},
    {"question": "a", "filter": {"n" * 200: "x" * 2_048}},
    {"question": "a", "filter": {"n" * 201: "x"}},
    {"question": "a", "filter": {"n": "x" * 2_049}},
    {"question": "a", "filter": {str(n): "x" for n in range(10)}},
    {"question": "a", "filter": {str(n): "x" for n in range(11)}},
    {"question": "a", "filter": []},
    {"question": "a", "previous_job_id": JOB_ID},
    {"question": "a", "previous_job_id": ""},
    {"question": "a", "lane": "bulk"},
    {"question": "a", "lane": "interactive"},
    {"question": "a", "max_wait_seconds": 0.5},
    {"question": "a", "max_wait_seconds": 604_800},
    {"question": "a", "max_wait_seconds": 604_801},
    {"question": "a", "max_wait_seconds": 0},
    {"question": "a", "max_wait_seconds": True},
    {"question": "a", "max_wait_seconds": "60"},
    {"question": "a", "metadata": {"x": ""}},
    {"question": "a", "metadata": {"": "x"}},
    {"question": "a", "metadata": {"x" * 512: "x" * 512}},
    {"question": "a", "metadata": {"x" * 513: "x"}},
    {"question": "a", "metadata": {"x": "x" * 513}},
    {"question": "a", "metadata": {str(n): "x" for n in range(16)}},
    {"question": "a", "metadata": {str(n): "x" for n in range(17)}},
    {"question": "a", "metadata": []},
    {"question": "a", "mood": "good"},
]


@pytest.mark.parametrize("line", JUDGED, ids=lambda line: json.dumps(line)[:60])
def test_the_client_rejects_the_lines_that_the_service_rejects(line: dict[str, Any]) -> None:
    try:
        check_line(1, line)
        accepted = True
    except ValueError:
        accepted = False
    try:
        BatchRequest.model_validate({"questions": [{"custom_id": "a", **line}]})
        service_accepts = True
    except ValidationError:
        service_accepts = False

    assert accepted == service_accepts


def test_a_batch_is_as_large_as_the_service_accepts() -> None:
    assert MOST_QUESTIONS == SERVICE_MOST_QUESTIONS


def test_batches_depend_on_the_input_only_and_stay_small() -> None:
    large = [
        named(str(n), "x" * 1_000, metadata={str(key): "é" * 500 for key in range(16)})
        for n in range(100)
    ]

    parts = list(partition((question["custom_id"], question) for question in large))

    assert [name for part in parts for name in part] == [str(n) for n in range(100)]
    assert len(parts) == 2


def test_a_key_depends_on_the_questions_and_the_round() -> None:
    questions = numbered(3)
    key = SubmissionBatch(tuple(map(Submission, questions))).key

    assert SubmissionBatch(tuple(map(Submission, numbered(3)))).key == key
    assert SubmissionBatch(tuple(Submission(question, 2) for question in questions)).key != key
    assert SubmissionBatch(tuple(map(Submission, numbered(2)))).key != key
    assert key.isascii()
    assert len(key) <= 255
