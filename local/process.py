"""Child processes that end with this process, together with their own children."""

import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

#: Seconds between SIGTERM and SIGKILL.
_GRACE = 5


class StartFailed(Exception):
    """A child ended early, or was not ready in time."""


class Child:
    """A process in its own session, so that Ctrl-C in the terminal does not reach it.

    A thread calls `on_line` with each line of its output.
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
            # It closes however this process ends, and a child that reads it ends then.
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
        """Wait until `ready()`. Raises StartFailed with the last lines of the child's output."""
        end = time.monotonic() + seconds
        while not ready():
            if self.has_ended() or time.monotonic() > end:
                output = "\n".join(self._last_lines)
                raise StartFailed(f"{' '.join(self._command[1:3])} did not start:\n{output}")
            time.sleep(0.05)

    def has_ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def stop(self) -> None:
        """End the child and all its descendants, with SIGTERM first. Idempotent."""
        if self._process is None:
            return
        self._signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_GRACE)
        # The descendants that it left behind are in its session.
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
