import json
from pathlib import Path
from typing import Any

import pytest

from local.kendra.library import Library
from samples.make_handbook import HANDBOOK, write_handbook

SAMPLES = HANDBOOK.parents[1]


def sample_questions() -> list[dict[str, Any]]:
    lines = (SAMPLES / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def samples() -> Library:
    library = Library(SAMPLES / "documents")
    assert library.load().problems == []
    return library


@pytest.mark.parametrize("sample", sample_questions(), ids=lambda sample: sample["question"])
def test_each_sample_question_finds_its_page_among_the_first_three(
    samples: Library, sample: dict[str, Any]
) -> None:
    hits = samples.search(sample["question"], limit=3)
    assert any(
        hit.document.path == SAMPLES / "documents" / sample["document"]
        and hit.passage.page == sample["page"]
        and sample["answer_contains"] in hit.passage.text.replace("\n", " ")
        for hit in hits
    )


def test_the_sample_handbook_is_what_its_script_writes(tmp_path: Path) -> None:
    write_handbook(tmp_path / "handbook.pdf")
    assert (tmp_path / "handbook.pdf").read_bytes() == HANDBOOK.read_bytes()
