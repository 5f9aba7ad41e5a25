"""Fan-out by rules alone: posts run at once or when a test says, in its own thread."""

from dataclasses import dataclass, field

import pytest

from adapters.memory.push import MemoryPush
from sluice.errors import ConnectionGone, Throttled, Unavailable
from sluice.push.events import Delta, PlainEvent
from sluice.push.fan_out import FanOut
from sluice.push.posts import Call
from tests.service import InlinePosts

END = PlainEvent("job.completed", {"job_id": "j"})


@dataclass
class HeldPosts:
    """Posts that wait until a test runs them."""

    time: float = 0.0
    quick: list[Call] = field(default_factory=list)
    slow: list[Call] = field(default_factory=list)
    timed: list[tuple[float, Call]] = field(default_factory=list)

    def now(self) -> float:
        return self.time

    def submit(self, call: Call, *, slow: bool) -> None:
        (self.slow if slow else self.quick).append(call)

    def later(self, seconds: float, call: Call) -> None:
        self.timed.append((self.time + seconds, call))

    def run(self, calls: list[Call]) -> None:
        while calls:
            calls.pop(0)()

    def advance(self, seconds: float) -> None:
        """Let time pass, and make the calls that are due by then."""
        self.time += seconds
        due = [each for each in self.timed if each[0] <= self.time]
        self.timed = [each for each in self.timed if each[0] > self.time]
        for _, call in due:
            call()


@pytest.fixture
def push() -> MemoryPush:
    return MemoryPush()


@pytest.fixture
def gone() -> list[str]:
    return []


@pytest.fixture
def fan_out(push: MemoryPush, gone: list[str]) -> FanOut:
    return FanOut(push, InlinePosts(), gone.append)


def write(fan_out: FanOut, *pieces: str) -> str:
    text = ""
    for piece in pieces:
        fan_out.send(Delta("j", 1, len(text), piece))
        text += piece
    return text


def test_every_watcher_gets_every_event_in_order(fan_out: FanOut, push: MemoryPush) -> None:
    for connection in ("one", "two"):
        fan_out.add(connection, [PlainEvent("job.in_progress", {})])
    text = write(fan_out, "Nine", "ty", " days", "!")
    fan_out.send(END)
    for connection in ("one", "two"):
        assert push.text(connection) == text
        types = push.types(connection)
        assert (types[0], types[-1]) == ("job.in_progress", "job.completed")


def test_without_watchers_nothing_is_posted(fan_out: FanOut, push: MemoryPush) -> None:
    write(fan_out, "Ninety")
    assert push.sent == {}
    assert not fan_out


def test_a_late_watcher_begins_with_what_it_is_given(fan_out: FanOut, push: MemoryPush) -> None:
    fan_out.add("one")
    write(fan_out, "Ninety")
    fan_out.add("two", [Delta("j", 1, 0, "Ninety")])
    fan_out.send(Delta("j", 1, 6, " days"))
    assert push.text("two") == "Ninety days"


def test_deltas_that_gather_during_a_post_go_as_one(push: MemoryPush) -> None:
    posts = HeldPosts()
    fan_out = FanOut(push, posts, lambda _: None)
    fan_out.add("one")
    text = write(fan_out, "Nine", "ty", " days")
    posts.run(posts.quick)
    posts.advance(0.1)
    posts.run(posts.quick)
    assert push.text("one") == text
    assert push.types("one") == ["job.delta", "job.delta"]


def test_deltas_to_one_watcher_are_a_tenth_of_a_second_apart(push: MemoryPush) -> None:
    posts = HeldPosts()
    fan_out = FanOut(push, posts, lambda _: None)
    fan_out.add("one")
    fan_out.send(Delta("j", 1, 0, "Nine"))
    posts.run(posts.quick)
    fan_out.send(Delta("j", 1, 4, "ty"))
    posts.advance(0.09)
    assert posts.quick == []
    posts.advance(0.02)
    assert len(posts.quick) == 1


def test_the_end_waits_for_no_gap(push: MemoryPush) -> None:
    posts = HeldPosts()
    fan_out = FanOut(push, posts, lambda _: None)
    fan_out.add("one")
    fan_out.send(Delta("j", 1, 0, "Nine"))
    posts.run(posts.quick)
    fan_out.send(END)
    posts.run(posts.quick)
    assert push.types("one") == ["job.delta", "job.completed"]


def test_a_slow_watcher_holds_up_nobody(push: MemoryPush) -> None:
    posts = HeldPosts()
    fan_out = FanOut(push, posts, lambda _: None)
    fan_out.add("slow")
    fan_out.add("fast")
    fan_out.send(END)
    slow, fast = posts.quick
    fast()
    assert push.types("fast") == ["job.completed"]
    assert push.types("slow") == []
    slow()
    assert push.types("slow") == ["job.completed"]


def test_a_watcher_whose_post_took_long_uses_the_slow_threads(push: MemoryPush) -> None:
    posts = HeldPosts()
    fan_out = FanOut(push, posts, lambda _: None)

    def take_long(_: str) -> None:
        posts.time += 0.6

    push.before = take_long
    fan_out.add("one", [END])
    posts.run(posts.quick)
    fan_out.send(END)
    assert (len(posts.quick), len(posts.slow)) == (0, 1)


def test_a_connection_that_is_gone_is_dropped_and_reported(
    fan_out: FanOut, push: MemoryPush, gone: list[str]
) -> None:
    push.failures["left"] = [ConnectionGone()]
    fan_out.add("left", [END])
    fan_out.add("here", [END])
    assert "left" not in fan_out
    assert push.types("here") == ["job.completed"]
    assert gone == ["left"]


def test_a_throttled_connection_gets_its_text_later_and_whole(
    fan_out: FanOut, push: MemoryPush
) -> None:
    push.failures["one"] = [Throttled("slower")] * 5
    fan_out.add("one")
    text = write(fan_out, "Nine", "ty", " days")
    fan_out.send(END)
    assert push.text("one") == text
    assert push.types("one")[-1] == "job.completed"


def test_pauses_after_throttles_double_to_two_seconds(push: MemoryPush) -> None:
    posts = HeldPosts()
    fan_out = FanOut(push, posts, lambda _: None)
    push.failures["one"] = [Throttled("slower")] * 6
    fan_out.add("one", [END])
    pauses = []
    for _ in range(6):
        posts.run(posts.quick)
        pauses.append(round(posts.timed[0][0] - posts.time, 3))
        posts.advance(pauses[-1])
    assert pauses == [0.2, 0.4, 0.8, 1.6, 2.0, 2.0]
    posts.run(posts.quick)
    assert push.types("one") == ["job.completed"]


@pytest.mark.parametrize("error", [Unavailable("no"), RuntimeError("a defect")])
def test_a_connection_that_keeps_failing_is_dropped(
    error: Exception, fan_out: FanOut, push: MemoryPush, gone: list[str]
) -> None:
    push.failures["bad"] = [error] * 10
    fan_out.add("bad", [END])
    assert gone == ["bad"]
    assert len(push.failures["bad"]) == 7


def test_a_watcher_that_is_not_kept_gets_nothing_more(fan_out: FanOut, push: MemoryPush) -> None:
    fan_out.add("left")
    fan_out.add("here")
    fan_out.keep_only({"here"})
    fan_out.send(END)
    assert push.sent == {"here": [{"type": "job.completed", "job_id": "j"}]}


def test_after_closing_nothing_is_posted(push: MemoryPush) -> None:
    posts = HeldPosts()
    fan_out = FanOut(push, posts, lambda _: None)
    fan_out.add("one", [END])
    fan_out.close(0)
    fan_out.send(END)
    posts.run(posts.quick)
    assert push.sent == {}


def test_a_watcher_that_left_and_came_back_is_not_dropped_for_its_old_post(
    push: MemoryPush,
) -> None:
    posts = HeldPosts()
    gone: list[str] = []
    fan_out = FanOut(push, posts, gone.append)
    push.failures["one"] = [ConnectionGone()]
    fan_out.add("one", [END])
    fan_out.keep_only([])
    fan_out.add("one", [END])
    posts.run(posts.quick)
    assert push.types("one") == ["job.completed"]
    assert gone == []
