"""Pushed messages in memory."""

import json
from collections.abc import Callable
from typing import Any


class MemoryPush:
    """Keeps the messages sent to each connection, or fails as a test configures."""

    def __init__(self) -> None:
        self.sent: dict[str, list[dict[str, Any]]] = {}
        #: The errors that the next posts to a connection raise, one after the other.
        self.failures: dict[str, list[Exception]] = {}
        #: Called before each post, in the thread of the post.
        self.before: Callable[[str], None] = lambda _: None

    def post(self, connection: str, message: bytes) -> None:
        self.before(connection)
        if self.failures.get(connection):
            raise self.failures[connection].pop(0)
        self.sent.setdefault(connection, []).append(json.loads(message))

    def types(self, connection: str) -> list[str]:
        return [message["type"] for message in self.sent.get(connection, [])]

    def text(self, connection: str) -> str:
        """The text of all deltas of one connection. Raises ValueError if an offset is wrong."""
        text = ""
        for message in self.sent.get(connection, []):
            if message["type"] == "job.delta":
                if message["offset"] != len(text):
                    raise ValueError("a gap or a repetition")
                text += message["text"]
        return text
