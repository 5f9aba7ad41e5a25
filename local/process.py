"""Child processes that end when we do, with everything they started."""

import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

#: Seconds a child gets to end by itself.
_GRACE = 5


class StartFailed(Exception):
    """A child ended, or did not get ready in time."""


class Child:
    """A process in a session of its own: Ctrl-C in the terminal does not reach it, `stop` does.

    Each line of its output goes to `on_line`, from a thread.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        on_line: Callable[[str], None],
    ) -> None:
        self._command = command
        self._environment = environment
        self._on_line = on_line
        self._last_lines: deque[str] = deque(maxlen=15)
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._command,
            env=dict(self._environment),
            # Ours to close: children that read it end with us, whatever ends us.
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, args=[self._process], daemon=True)
        self._reader.start()

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Wait for `ready`. Raises StartFailed with the end of what the child said."""
        end = time.monotonic() + seconds
        while not ready():
            if self.has_ended() or time.monotonic() > end:
                words = "\n".join(self._last_lines)
                raise StartFailed(f"{' '.join(self._command[1:3])} did not start:\n{words}")
            time.sleep(0.05)

    def has_ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def stop(self) -> None:
        """End the child and all its descendants, gently first. Safe to call twice."""
        if self._process is None:
            return
        self._signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_GRACE)
        # Whatever it started and left behind is in its session.
        self._signal(signal.SIGKILL)
        self._process.wait()
        if self._reader:
            self._reader.join(_GRACE)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
        self._process = None

    def _read(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            self._last_lines.append(line.rstrip())
            self._on_line(line.rstrip())

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
