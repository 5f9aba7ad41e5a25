"""A process that stops before each of its calls, so that a test decides which one goes on, and how.

Each Actor has a thread, and only one of all threads runs at a time.
So histories of several workers and callers are interleaved call by call, and the same decisions
make the same history.
"""

import threading
from collections.abc import Callable
from enum import Enum
from typing import Any

from sluice.errors import SluiceError

#: Seconds after which an actor that does not reach its next call is taken to hang.
_HANGS = 20
#: Calls after which a process is taken to repeat itself for ever.
_MOST_CALLS = 10_000


class Death(BaseException):
    """What kill -9 does: nothing after it has any effect."""


class Fate(Enum):
    """How a call goes."""

    SUCCEEDS = "succeeds"
    #: It has no effect and raises.
    FAILS = "fails"
    #: It has its effect and raises all the same: the answer was lost on its way.
    ANSWER_IS_LOST = "answer is lost"
    #: It has its effect twice: the answer was lost, and the SDK has tried again.
    HAPPENS_TWICE = "happens twice"


class Actor:
    """Does `work`, and stops before each call of an adapter that was wrapped by `port`."""

    def __init__(self, work: Callable[["Actor"], Any]) -> None:
        self.result: Any = None
        self.error: BaseException | None = None
        self.has_ended = False
        #: The call before which it has stopped.
        self.at = "start"
        self._is_dead = False
        self._fate = Fate.SUCCEEDS
        self._go, self._stopped = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, args=[work], daemon=True)
        self._thread.start()

    def step(self, fate: Fate = Fate.SUCCEEDS) -> None:
        """Let it make the call before which it has stopped, and wait until it stops again."""
        if self.has_ended:
            return
        self._fate = fate
        self._go.release()
        assert self._stopped.acquire(timeout=_HANGS), f"it hangs after {self.at}"

    def run(self, until: str | None = None) -> None:
        """Let all calls succeed, to its end or until it stops before the call named `until`."""
        for _ in range(_MOST_CALLS):
            if self.has_ended or self.at == until:
                return
            self.step()
        raise AssertionError(f"it makes calls without end, now {self.at}")

    def kill(self) -> None:
        """End it where it has stopped."""
        self._is_dead = True
        self.step()

    def port(
        self, adapter: Any, failure: type[SluiceError] | None = None, *, is_retried: bool = True
    ) -> Any:
        """Return the adapter as this process sees it; `failure` is what its failing calls raise.

        `is_retried` says whether its SDK tries again by itself.
        """
        return _Port(self, adapter, failure, is_retried=is_retried)

    def stop(self, call: str) -> Fate:
        """Stop before a call until the test lets it go on, and return how the call goes."""
        if threading.current_thread() is not self._thread:
            return Fate.SUCCEEDS
        if not self._is_dead:
            self.at = call
            self._stopped.release()
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
            self._stopped.release()


class _Port:
    def __init__(
        self, actor: Actor, adapter: Any, failure: type[SluiceError] | None, *, is_retried: bool
    ) -> None:
        self._actor, self._adapter, self._failure = actor, adapter, failure
        self._is_retried = is_retried

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._adapter, name)

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
