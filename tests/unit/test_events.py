import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.errors import InvalidRequest
from sluice.job.answer import Answer
from sluice.job.job import Status
from sluice.job.source import Source
from sluice.push.events import (
    LARGEST_MESSAGE,
    Delta,
    PlainEvent,
    error_event,
    job_event,
    sources_event,
)
from sluice.push.outbox import Outbox
from tests.builders import a_job, a_passage


def test_a_jobs_event_names_its_status_and_carries_the_job() -> None:
    job = a_job(status=Status.COMPLETED, answer=Answer(text="Yes."))
    message = json.loads(job_event(job, request_id="r").encode())
    assert (message["type"], message["job_id"], message["request_id"]) == (
        "job.completed",
        job.id,
        "r",
    )
    assert message["job"]["answer"]["text"] == "Yes."
    assert "caller" not in message["job"]


def test_a_job_too_large_for_a_message_becomes_a_url() -> None:
    job = a_job(status=Status.COMPLETED, answer=Answer(text="ä" * LARGEST_MESSAGE))
    message = json.loads(job_event(job).encode())
    assert message == {"type": "job.completed", "job_id": job.id, "url": f"/jobs/{job.id}"}


def test_sources_carry_their_pages() -> None:
    job = a_job(attempts=2, sources=[Source.of(1, a_passage())])
    message = json.loads(sources_event(job).encode())
    assert (message["attempt"], message["sources"][0]["page"]) == (2, 8)


def test_an_error_names_the_request_it_answers() -> None:
    error = InvalidRequest("question: is required", [{"field": "question", "message": "x"}])
    message = json.loads(error_event(error, request_id="r", job_id=None).encode())
    assert message["problem"]["type"] == "invalid-request"
    assert message["problem"]["errors"]
    assert (message["request_id"], "job_id" in message) == ("r", False)


def test_waiting_deltas_merge() -> None:
    outbox = Outbox()
    for offset, text in ((0, "Nine"), (4, "ty"), (6, " days")):
        outbox.put(Delta("j", 1, offset, text))
    assert outbox.take() == Delta("j", 1, 0, "Ninety days")
    assert not outbox


@pytest.mark.parametrize(
    "second",
    [Delta("j", 1, 5, "x"), Delta("j", 2, 4, "x"), Delta("k", 1, 4, "x"), PlainEvent("pong", {})],
)
def test_events_that_do_not_continue_a_delta_stay_apart(second: Delta | PlainEvent) -> None:
    outbox = Outbox()
    outbox.put(Delta("j", 1, 0, "Nine"))
    outbox.put(second)
    assert outbox.take() == Delta("j", 1, 0, "Nine")
    assert outbox.take() == second


def test_a_delta_put_back_comes_first_and_merges_with_later_ones() -> None:
    outbox = Outbox()
    outbox.put(Delta("j", 1, 0, "Nine"))
    event = outbox.take()
    outbox.put(Delta("j", 1, 4, "ty"))
    outbox.put_back(event)
    assert outbox.take() == Delta("j", 1, 0, "Ninety")


def test_only_deltas_may_wait() -> None:
    outbox = Outbox()
    outbox.put(Delta("j", 1, 0, "Nine"))
    assert not outbox.is_urgent()
    outbox.put(PlainEvent("job.completed", {}))
    assert outbox.is_urgent()


@given(st.lists(st.text(min_size=1, max_size=3000), max_size=200))
def test_merged_deltas_stay_under_the_limit_and_lose_nothing(pieces: list[str]) -> None:
    outbox = Outbox()
    offset = 0
    for piece in pieces:
        outbox.put(Delta("j", 1, offset, piece))
        offset += len(piece)
    text = ""
    while outbox:
        delta = outbox.take()
        assert isinstance(delta, Delta)
        assert len(delta.encode()) <= LARGEST_MESSAGE
        assert delta.offset == len(text)
        text += delta.text
    assert text == "".join(pieces)
