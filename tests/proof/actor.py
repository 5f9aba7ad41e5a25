"""A process that stops before each of its calls, so that a test decides who goes on, and how.

Each Actor has a thread, and of all threads one runs at a time: histories of several workers and
callers are interleaved call by call, and the same decisions make the same history.
"""

import threading
from collections.abc import Callable
from enum import Enum
from typing import Any

from sluice.errors import SluiceError

#: Seconds after which an actor that does not come to its next call is taken to hang.
_HANGS = 20


class Death(BaseException):
    """What kill -9 does: nothing after it has any effect."""


class Fate(Enum):
    """How a call goes."""

    GOES_WELL = "goes well"
    #: Nothing happens, and it raises.
    FAILS = "fails"
    #: It happens, and it raises all the same: the answer was lost on its way.
    ANSWER_IS_LOST = "answer is lost"
    #: It happens twice: the answer was lost, and the SDK has tried again.
    HAPPENS_TWICE = "happens twice"


class Actor:
    """Does `work`, stopping before each call of the seams that were made by `seam`."""

    def __init__(self, work: Callable[["Actor"], Any]) -> None:
        self.result: Any = None
        self.error: BaseException | None = None
        self.has_ended = False
        #: The call before which it stands.
        self.at = "start"
        self._is_dead = False
        self._fate = Fate.GOES_WELL
        self._go, self._stands = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, args=[work], daemon=True)
        self._thread.start()

    def step(self, fate: Fate = Fate.GOES_WELL) -> None:
        """Let it make the call before which it stands, and come to the next one."""
        if self.has_ended:
            return
        self._fate = fate
        self._go.release()
        assert self._stands.acquire(timeout=_HANGS), f"it hangs after {self.at}"

    def run(self, until: str | None = None) -> None:
        """Let it go on, all calls going well, to its end or until it stands before that call."""
        while not self.has_ended and self.at != until:
            self.step()

    def kill(self) -> None:
        """End it where it stands."""
        self._is_dead = True
        self.step()

    def seam(
        self, seam: Any, failure: type[SluiceError] | None = None, *, is_retried: bool = True
    ) -> Any:
        """A seam as this process sees it; `failure` is how its calls fail.

        `is_retried` says whether its SDK tries again by itself.
        """
        return _Seam(self, seam, failure, is_retried=is_retried)

    def stop(self, call: str) -> Fate:
        """Stand before a call until it is let go."""
        if threading.current_thread() is not self._thread:
            return Fate.GOES_WELL
        if not self._is_dead:
            self.at = call
            self._stands.release()
            self._go.acquire()
        if self._is_dead:
            raise Death
        return self._fate

    def _run(self, work: Callable[["Actor"], Any]) -> None:
        self._go.acquire()
        try:
            if not self._is_dead:
                self.result = work(self)
        except Death:
            pass
        except BaseException as error:
            self.error = error
        finally:
            self.has_ended = True
            self._stands.release()


class _Seam:
    def __init__(
        self, actor: Actor, seam: Any, failure: type[SluiceError] | None, *, is_retried: bool
    ) -> None:
        self._actor, self._of, self._failure = actor, seam, failure
        self._is_retried = is_retried

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._of, name)

        def call(*args: Any, **options: Any) -> Any:
            fate = self._actor.stop(name)
            if self._failure is None:
                return method(*args, **options)
            if fate is Fate.FAILS:
                raise self._failure("It fails.")
            answer = method(*args, **options)
            if fate is Fate.ANSWER_IS_LOST:
                raise self._failure("It fails.")
            again = fate is Fate.HAPPENS_TWICE and self._is_retried
            return method(*args, **options) if again else answer

        return call if callable(method) else method
