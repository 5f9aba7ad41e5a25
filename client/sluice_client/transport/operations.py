"""Steps: what the client does, apart from how it waits.

Everything that takes more than one exchange with the service (retrying, polling, following a
socket through its interruptions) is written once, as a generator of steps. `transport.py` walks
such a generator with blocking calls, `async_transport.py` on an event loop; neither decides
anything.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

import httpx

_Outcome = TypeVar("_Outcome")


class Lost(Exception):
    """The socket cannot be had, or is of no use any more."""


@dataclass(frozen=True)
class Send:
    """One HTTP request. Its result: an httpx.Response, or the httpx.RequestError it ended with."""

    method: str
    path: str
    timeout: httpx.Timeout
    params: Mapping[str, str | int] | None = None
    headers: Mapping[str, str] | None = None
    json: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Pause:
    """Let this many seconds pass."""

    seconds: float


@dataclass(frozen=True)
class Dial:
    """Open the socket, in this many seconds at most. Raises Lost."""

    url: str
    seconds: float


@dataclass(frozen=True)
class Say:
    """Send a text frame on the open socket. Raises Lost."""

    text: str


@dataclass(frozen=True)
class Listen:
    """Receive one frame. Its result: the frame, or None after this many seconds. Raises Lost."""

    seconds: float


@dataclass(frozen=True)
class HangUp:
    """Close the socket, if one is open."""


@dataclass(frozen=True)
class Tell:
    """Hand something to whoever asked for all this."""

    news: Any


Step: TypeAlias = Send | Pause | Dial | Say | Listen | HangUp | Tell

#: A walk through steps that ends with an outcome. What it receives depends on the step.
Steps: TypeAlias = Generator[Step, Any, _Outcome]


class Walk(Generic[_Outcome]):
    """One walk under way: at a step, or at its end with an outcome."""

    def __init__(self, steps: Steps[_Outcome]) -> None:
        self._steps = steps
        #: The step to take now; None at the end.
        self.step: Step | None = None
        self._outcome: list[_Outcome] = []
        self.went(None)

    @property
    def outcome(self) -> _Outcome:
        """What the walk came to, once `step` is None."""
        return self._outcome[0]

    def went(self, result: object) -> None:
        """Go on after a step, with its result."""
        try:
            self.step = self._steps.send(result)
        except StopIteration as end:
            self._end(end.value)

    def failed(self, lost: Lost) -> None:
        """Go on after a step that could not be taken."""
        try:
            self.step = self._steps.throw(lost)
        except StopIteration as end:
            self._end(end.value)

    def _end(self, outcome: _Outcome) -> None:
        self.step = None
        self._outcome.append(outcome)
