import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from sluice.errors import ConnectionGone, Throttled, Unavailable
from sluice.push.events import Delta, PlainEvent
from sluice.push.fan_out import FanOut
from tests.fakes import FakePush

END = PlainEvent("job.completed", {"job_id": "j"})


@pytest.fixture
def push() -> FakePush:
    return FakePush()


@pytest.fixture
def gone() -> list[str]:
    return []


@pytest.fixture
def fan_out(push: FakePush, gone: list[str]) -> Iterator[FanOut]:
    with ThreadPoolExecutor(4) as pool:
        fan_out = FanOut(push, pool, pool, gone.append)
        yield fan_out
        fan_out.close(0)


def write(fan_out: FanOut, *pieces: str) -> str:
    text = ""
    for piece in pieces:
        fan_out.tell(Delta("j", 1, len(text), piece))
        text += piece
    return text


def test_everybody_gets_everything_in_order(fan_out: FanOut, push: FakePush) -> None:
    for connection in ("one", "two"):
        fan_out.join(connection, [PlainEvent("job.in_progress", {})])
    text = write(fan_out, "Nine", "ty", " days", "!")
    fan_out.tell(END)
    fan_out.close(5)
    for connection in ("one", "two"):
        assert push.text(connection) == text
        types = push.types(connection)
        assert (types[0], types[-1]) == ("job.in_progress", "job.completed")


def test_nobody_there_costs_nothing(fan_out: FanOut, push: FakePush) -> None:
    write(fan_out, "Ninety")
    fan_out.close(5)
    assert push.sent == {}
    assert not fan_out


def test_who_joins_late_begins_with_what_it_is_given(fan_out: FanOut, push: FakePush) -> None:
    fan_out.join("one")
    write(fan_out, "Ninety")
    fan_out.join("two", [Delta("j", 1, 0, "Ninety")])
    fan_out.tell(Delta("j", 1, 6, " days"))
    fan_out.close(5)
    assert push.text("two") == "Ninety days"


def test_a_slow_watcher_holds_up_nobody(fan_out: FanOut, push: FakePush) -> None:
    release, fast_is_done = threading.Event(), threading.Event()

    def wait_if_slow(connection: str) -> None:
        if connection == "slow":
            assert release.wait(10)
        elif "job.completed" in push.types("fast"):
            fast_is_done.set()

    push.before = wait_if_slow
    fan_out.join("slow")
    fan_out.join("fast")
    text = write(fan_out, "Nine", "ty")
    fan_out.tell(END)
    fan_out.tell(PlainEvent("pong", {}))
    assert fast_is_done.wait(10)
    release.set()
    fan_out.close(5)
    assert push.text("slow") == push.text("fast") == text


def test_a_connection_that_is_gone_is_forgotten_and_told_of(
    fan_out: FanOut, push: FakePush, gone: list[str]
) -> None:
    push.failures["left"] = [ConnectionGone()]
    fan_out.join("left", [END])
    fan_out.join("here", [END])
    fan_out.close(5)
    assert "left" not in fan_out
    assert push.types("here") == ["job.completed"]
    assert gone == ["left"]


def test_a_throttled_connection_gets_its_text_later_and_whole(
    fan_out: FanOut, push: FakePush
) -> None:
    push.failures["one"] = [Throttled("slower")] * 2
    fan_out.join("one")
    text = write(fan_out, "Nine", "ty", " days")
    fan_out.tell(END)
    fan_out.close(5)
    assert push.text("one") == text
    assert push.types("one")[-1] == "job.completed"


def test_a_connection_that_keeps_failing_is_given_up(
    fan_out: FanOut, push: FakePush, gone: list[str]
) -> None:
    push.failures["bad"] = [Unavailable("no")] * 10
    fan_out.join("bad", [END])
    fan_out.close(5)
    assert gone == ["bad"]
    assert len(push.failures["bad"]) == 7


def test_who_is_kept_no_longer_gets_nothing_more(fan_out: FanOut, push: FakePush) -> None:
    fan_out.join("left")
    fan_out.join("here")
    fan_out.keep_only({"here"})
    fan_out.tell(END)
    fan_out.close(5)
    assert push.sent == {"here": [{"type": "job.completed", "job_id": "j"}]}


def test_many_slow_watchers_hold_up_each_other_only(push: FakePush) -> None:
    release = threading.Event()

    def wait_if_slow(connection: str) -> None:
        if connection.startswith("slow"):
            assert release.wait(10)

    push.before = wait_if_slow
    with ThreadPoolExecutor(2) as quick, ThreadPoolExecutor(1) as slow:
        fan_out = FanOut(push, quick, slow, lambda _: None)
        watchers = [f"slow {number}" for number in range(4)]
        for connection in watchers:
            fan_out.join(connection)
            # As after a post that took long.
            fan_out._watchers[connection].is_slow = True
        fan_out.join("quick")
        write(fan_out, "Nine")
        fan_out.tell(END)
        while "job.completed" not in push.types("quick"):
            release.wait(0.001)
        release.set()
        fan_out.close(5)
    assert push.types("quick") == ["job.delta", "job.completed"]


def test_closing_does_not_wait_for_ever(fan_out: FanOut, push: FakePush) -> None:
    release = threading.Event()

    def wait(connection: str) -> None:
        assert release.wait(10)

    push.before = wait
    fan_out.join("stuck", [END])
    fan_out.close(0.05)
    fan_out.tell(END)
    release.set()
