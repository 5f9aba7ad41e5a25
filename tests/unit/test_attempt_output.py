"""What watchers see of an attempt, with the worker's own code around it."""

import json
from functools import partial

import pytest

from sluice.errors import Throttled, Unavailable
from sluice.job.answer import Answer
from sluice.job.job import Status
from sluice.ports import Piece
from tests.builders import a_job, a_stream_end
from tests.fakes import FakeGenerator, Step
from tests.unit.test_worker import Shop


def shop_with(*steps: Step) -> Shop:
    return Shop(steps)


def test_a_watcher_sees_the_answer_as_it_is_written() -> None:
    shop = shop_with(Piece("Ninety "), Piece("days [1]."), a_stream_end())
    job = shop.add(subscribers=frozenset(["one"]))
    shop.deliver(job)
    types = shop.push.types("one")
    assert types[:2] == ["job.in_progress", "job.sources"]
    assert set(types[2:-1]) == {"job.delta"}
    assert types[-1] == "job.completed"
    answer = shop.now(job).answer
    assert answer is not None
    assert shop.push.text("one") == answer.text
    assert shop.push.sent["one"][-1]["job"]["answer"]["text"] == answer.text


def test_a_job_nobody_watches_costs_no_push_and_no_extra_write() -> None:
    def pass_time() -> None:
        shop.clock.now += 5

    shop = shop_with(Piece("a"), pass_time, Piece("b"), pass_time, Piece("c [1]."), a_stream_end())
    job = shop.add()
    writes = 0
    extend = shop.store.extend

    def counted(*arguments: object, **named: object) -> object:
        nonlocal writes
        writes += 1
        return extend(*arguments, **named)  # type: ignore[arg-type]

    shop.store.extend = counted  # type: ignore[method-assign,assignment]
    shop.deliver(job)
    assert shop.now(job).status is Status.COMPLETED
    assert shop.push.sent == {}
    assert writes == 1


def test_who_subscribes_in_the_middle_gets_each_piece_once() -> None:
    snapshots: dict[str, str] = {}

    def arrive(name: str) -> None:
        shop.clock.now += 0.6
        found = shop.store.subscribe(job.key, name)
        assert found is not None
        snapshots[name] = found.answer.text if found.answer else ""

    steps: list[Step] = []
    for number in range(8):
        steps.append(Piece(f"piece {number} "))
        steps.append(partial(arrive, f"w{number}"))
    shop = shop_with(*steps, Piece("[1]."), a_stream_end())
    job = shop.add()
    shop.deliver(job)
    answer = shop.now(job).answer
    assert answer is not None
    for name, snapshot in snapshots.items():
        text = snapshot
        for message in shop.push.sent[name]:
            if message["type"] == "job.delta":
                assert message["offset"] == len(text), name
                text += message["text"]
        assert text == answer.text, name
        assert shop.push.types(name)[-1] == "job.completed"
    assert any(snapshots.values())


def test_a_new_attempt_tells_that_the_text_starts_again() -> None:
    shop = Shop([Piece("Wrong"), Unavailable("cut")], [Piece("Right [1]."), a_stream_end()])
    job = shop.add(subscribers=frozenset(["one"]))
    shop.deliver(job)
    shop.deliver(job, receives=2)
    messages = shop.push.sent["one"]
    starts = [(m["type"], m["job"]["attempts"]) for m in messages if m["type"] == "job.in_progress"]
    assert starts == [("job.in_progress", 1), ("job.in_progress", 2)]
    assert "job.queued" in shop.push.types("one")
    second = [m for m in messages if m["type"] == "job.delta" and m["attempt"] == 2]
    assert second[0]["offset"] == 0
    assert "".join(m["text"] for m in second) == "Right [1]."


@pytest.mark.parametrize("error", [Throttled("later"), Unavailable("later")])
def test_a_job_given_back_is_told_as_queued(error: Exception) -> None:
    shop = shop_with(Piece("Nine"), error)
    job = shop.add(subscribers=frozenset(["one"]))
    shop.deliver(job)
    assert shop.push.types("one")[-1] == "job.queued"
    assert shop.now(job).subscribers == {"one"}
    assert shop.now(job).answer is None


def test_a_failure_is_told_with_its_reason() -> None:
    shop = shop_with(a_stream_end("guardrail_intervened"))
    job = shop.add(subscribers=frozenset(["one"]))
    shop.deliver(job)
    last = shop.push.sent["one"][-1]
    assert last["type"] == "job.failed"
    assert last["job"]["error"]["type"] == "content-filtered"


def test_nobody_is_left_in_the_set_of_a_finished_job() -> None:
    shop = shop_with(Piece("Yes [1]."), a_stream_end())
    job = shop.add(subscribers=frozenset(["one", "two"]))
    shop.deliver(job)
    assert shop.now(job).subscribers == frozenset()


def test_a_snapshot_in_the_middle_has_the_text_and_the_sources_so_far() -> None:
    seen: list[Answer | None] = []

    def look() -> None:
        shop.clock.now += 2

    def remember() -> None:
        found = shop.now(job)
        seen.append(found.answer)
        assert found.sources

    shop = Shop()
    shop.answer_with(
        FakeGenerator(
            [Piece("Ninety "), look, Piece("days "), remember, Piece("[1]."), a_stream_end()]
        )
    )
    job = shop.add(subscribers=frozenset(["one"]))
    shop.deliver(job)
    assert seen == [Answer(text="Ninety days")]


def test_messages_are_json_of_known_types() -> None:
    shop = shop_with(Piece("Yes [1]."), a_stream_end())
    job = a_job(subscribers=frozenset(["one"]), question="Ä\u2028 <b>?")
    shop.store.create([job])
    shop.deliver(job)
    for message in shop.push.sent["one"]:
        assert message["job_id"] == job.id
        json.dumps(message)
