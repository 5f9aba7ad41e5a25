"""What waits to be sent to one watcher."""

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
        """Put an event that could not be sent before all others."""
        self._events.appendleft(event)

    def is_urgent(self) -> bool:
        """Whether something waits that is not merely more text."""
        return any(not isinstance(event, Delta) for event in self._events)

    def take(self) -> Event:
        """The next event; of deltas as many as go on from each other."""
        event = self._events.popleft()
        while isinstance(event, Delta) and self._events:
            merged = event.followed_by(self._events[0])
            if merged is None or len(merged.encode()) > LARGEST_MESSAGE:
                break
            self._events.popleft()
            event = merged
        return event
