"""The watchers of one job at work: each gets every event, in order, at its own speed.

Nothing here delays the answer. Letters are posted from a pool of threads, one at a time per
watcher; while one is under way the next ones gather, and deltas merge.
"""

import threading
import time
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import Executor
from dataclasses import dataclass, field

from sluice.errors import ConnectionGone, SluiceError, Throttled
from sluice.ports import Push
from sluice.push.events import Event
from sluice.push.outbox import Outbox

#: Seconds between two deltas to one watcher; a person sees no more often.
_GAP = 0.1
#: A post that takes longer, in seconds, is a slow one.
_SLOW = 0.5
#: After a failure the pause doubles from the first to the last; then the watcher is given up.
_FIRST_PAUSE, _LAST_PAUSE = 0.2, 2.0
#: Failures in a row that are no throttle; throttling ends by itself.
_FAILURES = 3


@dataclass
class _Watcher:
    connection: str
    mail: Outbox = field(default_factory=Outbox)
    is_served: bool = False
    #: When the next delta may go; other events need not wait for it unless `is_paused`.
    due: float = 0
    is_paused: bool = False
    failures: int = 0
    #: The last post took so long that it would hold up others.
    is_slow: bool = False

    def seconds_to_wait(self, now: float) -> float:
        return max(0.0, self.due - now) if self.is_paused or not self.mail.is_urgent() else 0.0


class FanOut:
    """One job's watchers. `gone` is told of connections that nobody is behind any more."""

    def __init__(
        self, push: Push, pool: Executor, slow_pool: Executor, gone: Callable[[str], None]
    ) -> None:
        """Watchers whose posts take long share `slow_pool` and hold up each other only."""
        self._push = push
        self._pool = pool
        self._slow_pool = slow_pool
        self._gone = gone
        self._watchers: dict[str, _Watcher] = {}
        self._changed = threading.Condition()
        self._pump: threading.Thread | None = None
        self._is_closed = False

    def __contains__(self, connection: str) -> bool:
        return connection in self._watchers

    def __bool__(self) -> bool:
        return bool(self._watchers)

    @property
    def connections(self) -> frozenset[str]:
        """Who is served."""
        return frozenset(self._watchers)

    def join(self, connection: str, events: Iterable[Event] = ()) -> None:
        """Serve a new watcher, these events first."""
        with self._changed:
            watcher = self._watchers[connection] = _Watcher(connection)
            for event in events:
                watcher.mail.put(event)
            if self._pump is None:
                self._pump = threading.Thread(target=self._run, name="fan_out", daemon=True)
                self._pump.start()
            self._changed.notify_all()

    def tell(self, event: Event) -> None:
        """Send a event to everybody."""
        with self._changed:
            for watcher in self._watchers.values():
                watcher.mail.put(event)
            self._changed.notify_all()

    def keep_only(self, connections: Collection[str]) -> None:
        """Send nothing more to watchers who are not among these."""
        with self._changed:
            for connection in self._watchers.keys() - set(connections):
                del self._watchers[connection]

    def close(self, seconds: float) -> None:
        """Wait until everything is sent, but no longer than this; then send nothing more."""
        with self._changed:
            self._changed.wait_for(self._is_idle, seconds)
            self._is_closed = True
            self._changed.notify_all()
        if self._pump is not None:
            self._pump.join()

    def _is_idle(self) -> bool:
        return not any(each.mail or each.is_served for each in self._watchers.values())

    def _run(self) -> None:
        with self._changed:
            while not self._is_closed:
                waiting = [
                    each for each in self._watchers.values() if each.mail and not each.is_served
                ]
                now = time.monotonic()
                for watcher in waiting:
                    if watcher.seconds_to_wait(now) <= 0:
                        watcher.is_served = True
                        pool = self._slow_pool if watcher.is_slow else self._pool
                        pool.submit(self._serve, watcher, watcher.mail.take())
                waits = [each.seconds_to_wait(now) for each in waiting if not each.is_served]
                self._changed.wait(min(waits, default=None))

    def _serve(self, watcher: _Watcher, event: Event) -> None:
        failure: SluiceError | None = None
        begun = time.monotonic()
        try:
            if not self._is_closed:
                self._push.post(watcher.connection, event.encode())
        except SluiceError as error:
            failure = error
        with self._changed:
            watcher.is_slow = time.monotonic() - begun > _SLOW
            self._settle(watcher, event, failure)
            self._changed.notify_all()
        if failure and watcher.connection not in self._watchers:
            self._gone(watcher.connection)

    def _settle(self, watcher: _Watcher, event: Event, failure: SluiceError | None) -> None:
        """Note how a post went; after a failure the event waits, and merges with what follows."""
        watcher.is_served = False
        watcher.is_paused = failure is not None
        if failure is None:
            watcher.failures = 0
            watcher.due = time.monotonic() + _GAP
            return
        watcher.failures += 1
        gives_up = watcher.failures >= _FAILURES and not isinstance(failure, Throttled)
        if gives_up or isinstance(failure, ConnectionGone):
            self._watchers.pop(watcher.connection, None)
            return
        watcher.mail.put_back(event)
        pause = min(_LAST_PAUSE, _FIRST_PAUSE * 2 ** (watcher.failures - 1))
        watcher.due = time.monotonic() + pause
