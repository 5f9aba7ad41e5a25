"""Fan-out: each watcher of a job gets every event, in order, at its own speed.

Nothing here delays the answer.
Events are posted from other threads, one at a time for each watcher.
While a post is under way, the next events wait in the watcher's outbox, where deltas are merged.
"""

import threading
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from functools import partial

from sluice.errors import ConnectionGone, Throttled
from sluice.ports import Push
from sluice.push.events import Event
from sluice.push.outbox import Outbox
from sluice.push.posts import Posts

#: Seconds between two deltas to one watcher. A person would not notice a shorter time.
_GAP = 0.1
#: A post is slow if it takes more seconds than this.
_SLOW = 0.5
#: The pause after a failure in seconds. It doubles with each failure, from the first value to the
#: last.
_FIRST_PAUSE, _LAST_PAUSE = 0.2, 2.0
#: A watcher is dropped after this many failures in a row, unless the last one is a throttle.
_FAILURES = 3


@dataclass
class _Watcher:
    connection: str
    outbox: Outbox = field(default_factory=Outbox)
    #: A post is under way.
    is_served: bool = False
    #: `_post_what_is_due` is scheduled for later.
    is_scheduled: bool = False
    #: When the next delta may be posted. Other events wait for this time only if `is_paused`.
    due: float = 0
    #: The last post failed.
    is_paused: bool = False
    failures: int = 0
    #: The last post was slow, so the next one runs where it delays only other slow posts.
    is_slow: bool = False

    def seconds_to_wait(self, now: float) -> float:
        return max(0.0, self.due - now) if self.is_paused or not self.outbox.is_urgent() else 0.0


class FanOut:
    """The watchers of one job. `gone` is called with each connection that is dropped."""

    def __init__(self, push: Push, posts: Posts, gone: Callable[[str], None]) -> None:
        self._push = push
        self._posts = posts
        self._gone = gone
        self._watchers: dict[str, _Watcher] = {}
        self._changed = threading.Condition()
        self._is_closed = False

    def __contains__(self, connection: str) -> bool:
        return connection in self._watchers

    def __bool__(self) -> bool:
        return bool(self._watchers)

    @property
    def connections(self) -> frozenset[str]:
        """The connections of the current watchers."""
        return frozenset(self._watchers)

    def add(self, connection: str, events: Iterable[Event] = ()) -> None:
        """Add a watcher and send it these events first."""
        with self._changed:
            watcher = self._watchers[connection] = _Watcher(connection)
            for event in events:
                watcher.outbox.put(event)
            self._post_what_is_due()

    def send(self, event: Event) -> None:
        """Send an event to all watchers."""
        with self._changed:
            for watcher in self._watchers.values():
                watcher.outbox.put(event)
            self._post_what_is_due()

    def keep_only(self, connections: Collection[str]) -> None:
        """Drop all watchers except these."""
        with self._changed:
            for connection in self._watchers.keys() - set(connections):
                del self._watchers[connection]

    def close(self, seconds: float) -> None:
        """Wait until everything is sent, at most `seconds`. Send nothing more afterwards."""
        with self._changed:
            self._changed.wait_for(self._is_idle, seconds)
            self._is_closed = True

    def _is_idle(self) -> bool:
        return not any(each.outbox or each.is_served for each in self._watchers.values())

    def _post_what_is_due(self) -> None:
        """Start the next post of each watcher if it is due. The caller holds the lock."""
        for watcher in list(self._watchers.values()):
            if self._is_closed or watcher.is_served or not watcher.outbox:
                continue
            wait = watcher.seconds_to_wait(self._posts.now())
            if wait <= 0:
                watcher.is_served = True
                call = partial(self._post, watcher, watcher.outbox.take())
                self._posts.submit(call, slow=watcher.is_slow)
            elif not watcher.is_scheduled:
                watcher.is_scheduled = True
                self._posts.later(wait, partial(self._post_later, watcher))

    def _post_later(self, watcher: _Watcher) -> None:
        with self._changed:
            watcher.is_scheduled = False
            self._post_what_is_due()

    def _post(self, watcher: _Watcher, event: Event) -> None:
        failure: Exception | None = None
        started = self._posts.now()
        try:
            if not self._is_closed:
                self._push.post(watcher.connection, event.encode())
        except Exception as error:  # no error of one watcher may affect the others
            failure = error
        with self._changed:
            watcher.is_slow = self._posts.now() - started > _SLOW
            is_dropped = self._note(watcher, event, failure)
            self._post_what_is_due()
            self._changed.notify_all()
        if is_dropped:
            self._gone(watcher.connection)

    def _note(self, watcher: _Watcher, event: Event, failure: Exception | None) -> bool:
        """Record the result of a post. Return whether the watcher was dropped.

        After a failure the event goes back to the outbox, where it may be merged with later ones.
        """
        watcher.is_served = False
        watcher.is_paused = failure is not None
        if failure is None:
            watcher.failures = 0
            watcher.due = self._posts.now() + _GAP
            return False
        watcher.failures += 1
        fails_too_often = watcher.failures >= _FAILURES and not isinstance(failure, Throttled)
        if fails_too_often or isinstance(failure, ConnectionGone):
            if self._watchers.get(watcher.connection) is not watcher:
                return False  # it left while the post was under way, and may have come back
            del self._watchers[watcher.connection]
            return True
        watcher.outbox.put_back(event)
        pause = min(_LAST_PAUSE, _FIRST_PAUSE * 2 ** (watcher.failures - 1))
        watcher.due = self._posts.now() + pause
        return False
