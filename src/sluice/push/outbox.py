"""The outbox of one watcher: the events that wait to be sent to it."""

from collections import deque

from sluice.push.events import LARGEST_MESSAGE, Delta, Event


class Outbox:
    """The events that wait for one watcher, in order."""

    def __init__(self) -> None:
        self._events: deque[Event] = deque()

    def __bool__(self) -> bool:
        return bool(self._events)

    def put(self, event: Event) -> None:
        self._events.append(event)

    def put_back(self, event: Event) -> None:
        """Put an event that could not be sent in front of all others."""
        self._events.appendleft(event)

    def is_urgent(self) -> bool:
        """Whether an event other than a delta waits."""
        return any(not isinstance(event, Delta) for event in self._events)

    def take(self) -> Event:
        """Remove and return the next event. Consecutive deltas are merged into one."""
        event = self._events.popleft()
        while isinstance(event, Delta) and self._events:
            merged = event.followed_by(self._events[0])
            if merged is None or len(merged.encode()) > LARGEST_MESSAGE:
                break
            self._events.popleft()
            event = merged
        return event
