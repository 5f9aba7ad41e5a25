"""Which events the messages about a job become."""

from typing import Any

from sluice_client import (
    JobCancelled,
    JobCompleted,
    JobFailed,
    JobInProgress,
    JobQueued,
    SourcesFound,
    TextDelta,
    TextRestarted,
)
from sluice_client.live.reader import MessageReader
from sluice_client.live.transcript import Fetch, Output, Subscribe
from tests.client.fakes import JOB_ID, job_json, source_json
from tests.client.live_fakes import Message, delta, event


def read(*messages: Message) -> list[Output]:
    reader = MessageReader(JOB_ID)
    return [output for message in messages for output in reader.message(message)]


def texts(outputs: list[Output]) -> list[Any]:
    """The text that was reported: its pieces, and False for a restart."""
    reported: list[Any] = []
    for output in outputs:
        if isinstance(output, TextDelta):
            reported.append(output.text)
        elif isinstance(output, TextRestarted):
            reported.append(False)
    return reported


def kinds(outputs: list[Output]) -> list[type[Output]]:
    return [type(output) for output in outputs]


def test_a_job_is_reported_from_its_queue_to_its_answer() -> None:
    sources = {"type": "job.sources", "job_id": JOB_ID, "attempt": 1, "sources": [source_json()]}

    reported = read(
        event("queued", attempts=0),
        event("in_progress"),
        sources,
        delta(0, "Nine"),
        delta(4, "ty days."),
        event("completed", "Ninety days."),
    )

    assert kinds(reported) == [
        JobQueued,
        JobInProgress,
        SourcesFound,
        TextDelta,
        TextDelta,
        JobCompleted,
    ]
    assert reported[3:5] == [TextDelta(JOB_ID, 1, 0, "Nine"), TextDelta(JOB_ID, 1, 4, "ty days.")]


def test_a_repeated_delta_is_reported_once() -> None:
    assert texts(read(delta(0, "ab"), delta(0, "ab"), delta(0, "a"), delta(1, "b"))) == ["ab"]


def test_only_the_new_part_of_an_overlapping_delta_is_reported() -> None:
    assert texts(read(delta(0, "abc"), delta(1, "bcde"))) == ["abc", "de"]


def test_offsets_count_code_points() -> None:
    assert texts(read(delta(0, "a😀"), delta(2, "é"), delta(3, "z"))) == ["a😀", "é", "z"]


def test_an_overlap_that_differs_corrects_the_text() -> None:
    assert texts(read(delta(0, "abc"), delta(1, "XYZ"))) == ["abc", False, "aXYZ"]


def test_a_gap_is_asked_about_once_until_the_snapshot_is_here() -> None:
    asked = read(delta(0, "ab"), delta(5, "f"), delta(6, "g"), event("in_progress", "abcd"))
    assert kinds(asked) == [TextDelta, Subscribe, JobInProgress, TextDelta]

    again = read(delta(5, "f"), event("in_progress", "ab"), delta(5, "f"))
    assert kinds(again).count(Subscribe) == 2


def test_a_new_connection_may_be_asked_anew() -> None:
    reader = MessageReader(JOB_ID)
    assert kinds(list(reader.message(delta(5, "f")))) == [Subscribe]
    reader.reconnected()
    assert kinds(list(reader.message(delta(6, "g")))) == [Subscribe]


def test_a_snapshot_continues_the_text_and_a_shorter_one_changes_nothing() -> None:
    reported = read(
        delta(0, "ab"), event("in_progress", "abcd"), event("in_progress", "a"), delta(4, "e")
    )

    assert texts(reported) == ["ab", "cd", "e"]


def test_a_higher_attempt_starts_the_text_again() -> None:
    reported = read(
        event("in_progress"),
        delta(0, "old"),
        event("in_progress", "", attempts=2),
        delta(0, "n", 2),
    )

    assert texts(reported) == ["old", False, "n"]


def test_a_delta_can_be_the_first_news_of_a_new_attempt() -> None:
    assert texts(read(delta(0, "old"), delta(0, "new", 2))) == ["old", False, "new"]


def test_a_job_given_back_takes_its_text_with_it() -> None:
    reported = read(delta(0, "old"), event("queued"), event("in_progress", attempts=2))

    assert texts(reported) == ["old", False]
    assert kinds(reported)[-2:] == [JobQueued, JobInProgress]


def test_a_replaced_worker_is_not_listened_to() -> None:
    late = {"type": "job.sources", "job_id": JOB_ID, "attempt": 1, "sources": [source_json()]}

    reported = read(
        delta(0, "new", 2), delta(0, "much older", 1), event("in_progress", "much older"), late
    )

    assert texts(reported) == ["new"]
    assert kinds(reported) == [TextDelta]


def test_a_restart_before_any_text_needs_no_word() -> None:
    assert texts(read(event("in_progress"), event("in_progress", attempts=2))) == []


def test_the_end_brings_what_was_missed_and_nothing_follows() -> None:
    reported = read(delta(0, "ab"), event("completed", "abcd"), delta(4, "e"), event("queued"))

    assert texts(reported) == ["ab", "cd"]
    assert kinds(reported)[-1] == JobCompleted


def test_the_final_text_overrides_what_was_reported() -> None:
    assert texts(read(delta(0, "ab"), event("completed", "xy"))) == ["ab", False, "xy"]


def test_each_way_to_end_has_its_event() -> None:
    assert kinds(read(event("failed"))) == [JobFailed]
    assert kinds(read(event("cancelled"))) == [JobCancelled]


def test_a_snapshot_without_changes_is_not_reported_again() -> None:
    reported = read(
        event("in_progress", "a"), event("in_progress", "a"), event("in_progress", "ab")
    )

    assert kinds(reported) == [JobInProgress, TextDelta, TextDelta]


def test_sources_are_reported_once_whether_pushed_or_in_a_snapshot() -> None:
    pushed = {"type": "job.sources", "job_id": JOB_ID, "attempt": 1, "sources": [source_json()]}
    snapshot = event("in_progress", sources=[source_json()])

    assert kinds(read(snapshot, pushed, snapshot)) == [JobInProgress, SourcesFound]


def test_a_job_too_large_for_a_message_is_fetched() -> None:
    large = {"type": "job.completed", "job_id": JOB_ID, "url": f"/jobs/{JOB_ID}"}

    assert read(large) == [Fetch(JOB_ID)]


def test_what_is_not_understood_or_not_ours_is_passed_over() -> None:
    strange: list[Message] = [
        {},
        {"type": "job.delta"},
        {"type": "job.delta", "job_id": JOB_ID},
        delta(0, "x") | {"offset": -1},
        delta(0, "x") | {"text": ""},
        delta(0, "x") | {"offset": "0"},
        delta(0, "x") | {"job_id": "another"},
        delta(0, "x") | {"job_id": ["a"]},
        {"type": "job.sources", "job_id": JOB_ID, "sources": "none"},
        {"type": "job.sung", "job_id": JOB_ID},
        {"type": "pong"},
        {"type": ["pong"], "job_id": JOB_ID},
    ]

    assert read(*strange) == []


def test_a_job_is_identified_by_its_id_whatever_its_json_contains() -> None:
    message = {"type": "job.completed", "job_id": JOB_ID, "job": job_json(id="another")}

    (reported,) = [output for output in read(message) if isinstance(output, JobCompleted)]
    assert reported.job.id == JOB_ID
