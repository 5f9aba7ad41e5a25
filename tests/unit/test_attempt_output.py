"""What watchers get of an attempt, with the worker's own code around it."""

import json
from functools import partial

import pytest

from adapters.memory.generator import Step
from sluice.errors import Throttled, Unavailable
from sluice.job.answer import Answer
from sluice.job.job import Status
from sluice.ports import Piece
from tests.builders import a_job, a_stream_end
from tests.service import Service


def service_with(*steps: Step) -> Service:
    return Service(steps)


def test_a_watcher_gets_the_answer_as_it_is_written() -> None:
    service = service_with(Piece("Ninety "), Piece("days [1]."), a_stream_end())
    job = service.add(subscribers=frozenset(["one"]))
    service.deliver(job)
    types = service.push.types("one")
    assert types[:2] == ["job.in_progress", "job.sources"]
    assert set(types[2:-1]) == {"job.delta"}
    assert types[-1] == "job.completed"
    answer = service.now(job).answer
    assert answer is not None
    assert service.push.text("one") == answer.text
    assert service.push.sent["one"][-1]["job"]["answer"]["text"] == answer.text


def test_a_job_without_watchers_costs_no_push_and_no_extra_write() -> None:
    def pass_time() -> None:
        service.clock.now += 5

    service = service_with(
        Piece("a"), pass_time, Piece("b"), pass_time, Piece("c [1]."), a_stream_end()
    )
    job = service.add()
    writes = 0
    extend = service.store.extend

    def counted(*arguments: object, **named: object) -> object:
        nonlocal writes
        writes += 1
        return extend(*arguments, **named)  # type: ignore[arg-type]

    service.store.extend = counted  # type: ignore[method-assign,assignment]
    service.deliver(job)
    assert service.now(job).status is Status.COMPLETED
    assert service.push.sent == {}
    assert writes == 1


def test_a_watcher_that_subscribes_in_mid_answer_gets_each_piece_once() -> None:
    snapshots: dict[str, str] = {}

    def arrive(name: str) -> None:
        service.clock.now += 0.6
        found = service.store.subscribe(job.key, name)
        assert found is not None
        snapshots[name] = found.answer.text if found.answer else ""

    steps: list[Step] = []
    for number in range(8):
        steps.append(Piece(f"piece {number} "))
        steps.append(partial(arrive, f"w{number}"))
    service = service_with(*steps, Piece("[1]."), a_stream_end())
    job = service.add()
    service.deliver(job)
    answer = service.now(job).answer
    assert answer is not None
    for name, snapshot in snapshots.items():
        text = snapshot
        for message in service.push.sent[name]:
            if message["type"] == "job.delta":
                assert message["offset"] == len(text), name
                text += message["text"]
        assert text == answer.text, name
        assert service.push.types(name)[-1] == "job.completed"
    assert any(snapshots.values())


def test_a_new_attempt_announces_that_the_text_starts_again() -> None:
    service = Service([Piece("Wrong"), Unavailable("cut")], [Piece("Right [1]."), a_stream_end()])
    job = service.add(subscribers=frozenset(["one"]))
    service.deliver(job)
    service.deliver(job, receives=2)
    messages = service.push.sent["one"]
    starts = [(m["type"], m["job"]["attempts"]) for m in messages if m["type"] == "job.in_progress"]
    assert starts == [("job.in_progress", 1), ("job.in_progress", 2)]
    assert "job.queued" in service.push.types("one")
    second = [m for m in messages if m["type"] == "job.delta" and m["attempt"] == 2]
    assert second[0]["offset"] == 0
    assert "".join(m["text"] for m in second) == "Right [1]."


@pytest.mark.parametrize("error", [Throttled("later"), Unavailable("later")])
def test_a_job_given_back_is_announced_as_queued(error: Exception) -> None:
    service = service_with(Piece("Nine"), error)
    job = service.add(subscribers=frozenset(["one"]))
    service.deliver(job)
    assert service.push.types("one")[-1] == "job.queued"
    assert service.now(job).subscribers == {"one"}
    assert service.now(job).answer is None


def test_a_failure_is_announced_with_its_reason() -> None:
    service = service_with(a_stream_end("guardrail_intervened"))
    job = service.add(subscribers=frozenset(["one"]))
    service.deliver(job)
    last = service.push.sent["one"][-1]
    assert last["type"] == "job.failed"
    assert last["job"]["error"]["type"] == "content-filtered"


def test_a_finished_job_has_no_subscribers_left() -> None:
    service = service_with(Piece("Yes [1]."), a_stream_end())
    job = service.add(subscribers=frozenset(["one", "two"]))
    service.deliver(job)
    assert service.now(job).subscribers == frozenset()


def test_a_snapshot_in_mid_answer_has_the_text_and_sources_so_far() -> None:
    seen: list[Answer | None] = []

    def pass_time() -> None:
        service.clock.now += 2

    def remember() -> None:
        found = service.now(job)
        seen.append(found.answer)
        assert found.sources

    service = Service()
    service.generator.play(
        [Piece("Ninety "), pass_time, Piece("days "), remember, Piece("[1]."), a_stream_end()]
    )
    job = service.add(subscribers=frozenset(["one"]))
    service.deliver(job)
    assert seen == [Answer(text="Ninety days")]


def test_every_event_is_json_and_names_its_job() -> None:
    service = service_with(Piece("Yes [1]."), a_stream_end())
    job = a_job(subscribers=frozenset(["one"]), question="Ä\u2028 <b>?")
    service.store.create([job])
    service.deliver(job)
    for message in service.push.sent["one"]:
        assert message["job_id"] == job.id
        json.dumps(message)
