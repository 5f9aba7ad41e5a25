import json
from pathlib import Path

from local.stack import PROJECT
from sluice_client import Sluice
from tests.e2e.running_stack import RunningStack
from tests.waiting import eventually

SAMPLE_QUESTIONS = [
    json.loads(line) for line in (PROJECT / "samples" / "questions.jsonl").read_text().splitlines()
]


def test_the_sample_questions_are_answered_from_the_right_page(sluice: Sluice) -> None:
    jobs = [sluice.submit(each["question"]) for each in SAMPLE_QUESTIONS]
    for each, job in zip(SAMPLE_QUESTIONS, jobs, strict=True):
        done = sluice.wait(job.id, timeout=60)
        assert done.status == "completed", done.error
        assert done.answer is not None
        assert done.answer.grounded
        numbers = {source.number for source in done.sources}
        assert {citation.source for citation in done.answer.citations} <= numbers
        found = [(Path(source.uri or "").name, source.page) for source in done.sources[:3]]
        assert (Path(each["document"]).name, each["page"]) in found
        for source in done.sources:
            assert source.title
            assert source.excerpt
            assert source.link
            assert source.page is None or f"#page={source.page}" in source.link


def test_a_question_without_passages_makes_no_model_call(
    running: RunningStack, sluice: Sluice
) -> None:
    job = sluice.ask("Xyzzy plugh frobnicate?", filter={"category": "no-such"}, timeout=30)
    assert job.status == "completed"
    assert job.answer is not None
    assert job.answer.grounded is False
    assert job.sources == ()
    assert job.model is None


def test_a_filter_finds_only_documents_that_have_the_attribute(sluice: Sluice) -> None:
    everything = sluice.ask("When does the last ship leave?", timeout=30)
    filtered = sluice.ask(
        "When does the last ship leave?", filter={"category": "operations"}, timeout=30
    )
    assert {source.title for source in filtered.sources} < {
        source.title for source in everything.sources
    }


def test_a_follow_up_is_understood_from_its_conversation(sluice: Sluice) -> None:
    first = sluice.ask("Can I take my dog into the restaurant?", timeout=30)
    second = sluice.ask("And on the open decks?", previous_job_id=first.id, timeout=30)
    assert second.status == "completed"
    assert any(source.page == 5 for source in second.sources[:3])


def test_prefer_wait_returns_the_answer(running: RunningStack) -> None:
    answer = running.call(
        "POST",
        "/jobs",
        json={"question": "Can I take my dog into the restaurant?"},
        headers={"Prefer": "wait=20"},
    )
    assert answer.status_code == 200
    assert answer.json()["status"] == "completed"


def test_a_new_document_is_found_without_a_restart(
    running: RunningStack, sluice: Sluice, documents: Path
) -> None:
    (documents / "kiosk.md").write_text("# Kiosk\n\nThe kiosk sells umbrellas for 12 pounds.\n")
    eventually(lambda: any("kiosk.md" in line for line in running.printed))
    job = sluice.ask("What does an umbrella cost at the kiosk?", timeout=30)
    assert job.answer is not None
    assert "12 pounds" in (job.answer.text or "")


def test_a_damaged_document_is_named_in_a_warning_and_the_others_stay(
    running: RunningStack, sluice: Sluice, documents: Path
) -> None:
    (documents / "damaged.pdf").write_bytes(b"%PDF-1.7\nnothing more")
    eventually(lambda: any("Warning" in line and "damaged.pdf" in line for line in running.printed))
    assert sluice.ask("How long is lost property kept?", timeout=30).sources


def test_changed_code_runs_from_the_next_call_on(running: RunningStack) -> None:
    source = running.home / "src" / "sluice" / "job" / "answer.py"
    before = source.read_text()
    try:
        source.write_text(before.replace("I found nothing about this", "There is nothing on this"))
        eventually(lambda: any("answer.py" in line for line in running.printed))
        job = running.call(
            "POST",
            "/jobs",
            json={"question": "Xyzzy?", "filter": {"category": "no-such"}},
            headers={"Prefer": "wait=20"},
        ).json()
        assert job["answer"]["text"].startswith("There is nothing on this")
    finally:
        already_printed = len(running.printed)
        source.write_text(before)
        eventually(lambda: any("answer.py" in line for line in running.printed[already_printed:]))


def test_a_killed_workers_job_is_answered_by_another(running: RunningStack, sluice: Sluice) -> None:
    job = sluice.submit("How long before departure must cars be in the marshalling lanes?")
    eventually(lambda: sluice.job(job.id).status == "in_progress")
    running.kill_workers()
    done = sluice.wait(job.id, timeout=40)
    assert done.status == "completed", done.error
