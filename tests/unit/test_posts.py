"""The worker's threads for posts, for real: each test waits for events, never for time."""

import threading

import pytest

from adapters.memory.push import MemoryPush
from sluice.push.events import PlainEvent
from sluice.push.fan_out import FanOut
from sluice.push.posts import ThreadedPosts

END = PlainEvent("job.completed", {"job_id": "j"})
#: Seconds after which a test is taken to hang.
HANGS = 20


@pytest.fixture
def posts() -> ThreadedPosts:
    return ThreadedPosts(quick=2, slow=1)


def test_slow_calls_hold_up_each_other_only(posts: ThreadedPosts) -> None:
    release, quick_ran = threading.Event(), threading.Event()
    slow_ran = threading.Semaphore(0)

    def slow() -> None:
        release.wait(HANGS)
        slow_ran.release()

    for _ in range(4):
        posts.submit(slow, slow=True)
    posts.submit(quick_ran.set, slow=False)
    assert quick_ran.wait(HANGS)
    release.set()
    for _ in range(4):
        assert slow_ran.acquire(timeout=HANGS)


def test_later_calls_run_in_the_order_of_their_times(posts: ThreadedPosts) -> None:
    order: list[str] = []
    is_over = threading.Event()

    def last() -> None:
        order.append("last")
        is_over.set()

    posts.later(0.02, last)
    posts.later(0.01, lambda: order.append("second"))
    posts.later(0.0, lambda: order.append("first"))
    assert is_over.wait(HANGS)
    assert order == ["first", "second", "last"]


def test_closing_waits_until_everything_is_sent(posts: ThreadedPosts) -> None:
    push = MemoryPush()
    begun, release = threading.Event(), threading.Event()

    def wait(_: str) -> None:
        begun.set()
        release.wait(HANGS)

    push.before = wait
    fan_out = FanOut(push, posts, lambda _: None)
    fan_out.add("one", [END])
    assert begun.wait(HANGS)
    closing = threading.Thread(target=fan_out.close, args=[HANGS])
    closing.start()
    assert push.sent == {}
    release.set()
    closing.join(HANGS)
    assert not closing.is_alive()
    assert push.types("one") == ["job.completed"]


def test_closing_gives_up_on_a_watcher_that_is_stuck(posts: ThreadedPosts) -> None:
    push = MemoryPush()
    release, has_ended = threading.Event(), threading.Event()

    def stick(_: str) -> None:
        release.wait(HANGS)
        has_ended.set()

    push.before = stick
    fan_out = FanOut(push, posts, lambda _: None)
    fan_out.add("stuck", [END])
    closing = threading.Thread(target=fan_out.close, args=[0.01])
    closing.start()
    closing.join(HANGS)
    assert not closing.is_alive(), "it waits for the watcher"
    assert not has_ended.is_set()
    release.set()
    assert has_ended.wait(HANGS)


def test_the_timer_outlives_a_call_that_raises(posts: ThreadedPosts) -> None:
    is_over = threading.Event()

    def fail() -> None:
        raise RuntimeError("a defect")

    posts.later(0, fail)
    posts.later(0.01, is_over.set)
    assert is_over.wait(HANGS)
