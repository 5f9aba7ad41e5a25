import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from sluice.audience import Audience
from sluice.errors import ConnectionGone, Throttled, Unavailable
from sluice.letter import Delta, Event
from tests.fakes import FakePush

END = Event("job.completed", {"job_id": "j"})


@pytest.fixture
def push() -> FakePush:
    return FakePush()


@pytest.fixture
def gone() -> list[str]:
    return []


@pytest.fixture
def audience(push: FakePush, gone: list[str]) -> Iterator[Audience]:
    with ThreadPoolExecutor(4) as pool:
        audience = Audience(push, pool, pool, gone.append)
        yield audience
        audience.close(0)


def write(audience: Audience, *pieces: str) -> str:
    text = ""
    for piece in pieces:
        audience.tell(Delta("j", 1, len(text), piece))
        text += piece
    return text


def test_everybody_gets_everything_in_order(audience: Audience, push: FakePush) -> None:
    for connection in ("one", "two"):
        audience.join(connection, [Event("job.in_progress", {})])
    text = write(audience, "Nine", "ty", " days", "!")
    audience.tell(END)
    audience.close(5)
    for connection in ("one", "two"):
        assert push.text(connection) == text
        types = push.types(connection)
        assert (types[0], types[-1]) == ("job.in_progress", "job.completed")


def test_nobody_there_costs_nothing(audience: Audience, push: FakePush) -> None:
    write(audience, "Ninety")
    audience.close(5)
    assert push.sent == {}
    assert not audience


def test_who_joins_late_begins_with_what_it_is_given(audience: Audience, push: FakePush) -> None:
    audience.join("one")
    write(audience, "Ninety")
    audience.join("two", [Delta("j", 1, 0, "Ninety")])
    audience.tell(Delta("j", 1, 6, " days"))
    audience.close(5)
    assert push.text("two") == "Ninety days"


def test_a_slow_watcher_holds_up_nobody(audience: Audience, push: FakePush) -> None:
    release, fast_is_done = threading.Event(), threading.Event()

    def wait_if_slow(connection: str) -> None:
        if connection == "slow":
            assert release.wait(10)
        elif "job.completed" in push.types("fast"):
            fast_is_done.set()

    push.before = wait_if_slow
    audience.join("slow")
    audience.join("fast")
    text = write(audience, "Nine", "ty")
    audience.tell(END)
    audience.tell(Event("pong", {}))
    assert fast_is_done.wait(10)
    release.set()
    audience.close(5)
    assert push.text("slow") == push.text("fast") == text


def test_a_connection_that_is_gone_is_forgotten_and_told_of(
    audience: Audience, push: FakePush, gone: list[str]
) -> None:
    push.failures["left"] = [ConnectionGone()]
    audience.join("left", [END])
    audience.join("here", [END])
    audience.close(5)
    assert "left" not in audience
    assert push.types("here") == ["job.completed"]
    assert gone == ["left"]


def test_a_throttled_connection_gets_its_text_later_and_whole(
    audience: Audience, push: FakePush
) -> None:
    push.failures["one"] = [Throttled("slower")] * 2
    audience.join("one")
    text = write(audience, "Nine", "ty", " days")
    audience.tell(END)
    audience.close(5)
    assert push.text("one") == text
    assert push.types("one")[-1] == "job.completed"


def test_a_connection_that_keeps_failing_is_given_up(
    audience: Audience, push: FakePush, gone: list[str]
) -> None:
    push.failures["bad"] = [Unavailable("no")] * 10
    audience.join("bad", [END])
    audience.close(5)
    assert gone == ["bad"]
    assert len(push.failures["bad"]) == 7


def test_who_is_kept_no_longer_gets_nothing_more(audience: Audience, push: FakePush) -> None:
    audience.join("left")
    audience.join("here")
    audience.keep_only({"here"})
    audience.tell(END)
    audience.close(5)
    assert push.sent == {"here": [{"type": "job.completed", "job_id": "j"}]}


def test_many_slow_watchers_hold_up_each_other_only(push: FakePush) -> None:
    release = threading.Event()

    def wait_if_slow(connection: str) -> None:
        if connection.startswith("slow"):
            assert release.wait(10)

    push.before = wait_if_slow
    with ThreadPoolExecutor(2) as quick, ThreadPoolExecutor(1) as slow:
        audience = Audience(push, quick, slow, lambda _: None)
        watchers = [f"slow {number}" for number in range(4)]
        for connection in watchers:
            audience.join(connection)
            # As after a post that took long.
            audience._watchers[connection].is_slow = True
        audience.join("quick")
        write(audience, "Nine")
        audience.tell(END)
        while "job.completed" not in push.types("quick"):
            release.wait(0.001)
        release.set()
        audience.close(5)
    assert push.types("quick") == ["job.delta", "job.completed"]


def test_closing_does_not_wait_for_ever(audience: Audience, push: FakePush) -> None:
    release = threading.Event()

    def wait(connection: str) -> None:
        assert release.wait(10)

    push.before = wait
    audience.join("stuck", [END])
    audience.close(0.05)
    audience.tell(END)
    release.set()
