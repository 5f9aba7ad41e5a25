"""What waits to be sent to one watcher."""

from collections import deque

from sluice.push.events import LARGEST_MESSAGE, Delta, Event


class Outbox:
    """The events that wait for one watcher, in order."""

    def __init__(self) -> None:
        self._letters: deque[Event] = deque()

    def __bool__(self) -> bool:
        return bool(self._letters)

    def put(self, event: Event) -> None:
        self._letters.append(event)

    def put_back(self, event: Event) -> None:
        """Keep a event that could not be sent, before all others."""
        self._letters.appendleft(event)

    def is_urgent(self) -> bool:
        """Whether something waits that is not merely more text."""
        return any(not isinstance(event, Delta) for event in self._letters)

    def take(self) -> Event:
        """The next event; of deltas as many as go on from each other."""
        event = self._letters.popleft()
        while isinstance(event, Delta) and self._letters:
            merged = event.followed_by(self._letters[0])
            if merged is None or len(merged.encode()) > LARGEST_MESSAGE:
                break
            self._letters.popleft()
            event = merged
        return event
