"""Reaches a function's processes from outside: those of one stack, and of no other."""

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

#: A worker at work has its main thread, one that keeps its leases, and one for each job. It starts
#: the latter once it holds its messages.
_THREADS_AT_WORK = 3


def processes(function: str, port: int, *, at_work: bool = False) -> list[int]:
    """The processes of a function of the stack on this port; of the worker, those at work."""
    marks = {f"AWS_LAMBDA_FUNCTION_NAME={function}".encode(), f"GATEWAY_PORT={port}".encode()}
    least = _THREADS_AT_WORK if at_work else 1
    return sorted(number for number in _marked(marks) if _threads(number) >= least)


def send(numbers: Sequence[int], what: signal.Signals) -> None:
    """Send them a signal. One that has ended meanwhile is no error."""
    for number in numbers:
        with suppress(ProcessLookupError):
            os.kill(number, what)


def _marked(marks: set[bytes]) -> Iterator[int]:
    for process in Path("/proc").glob("[0-9]*/environ"):
        # It has ended, or is not ours.
        with suppress(OSError):
            if marks <= set(process.read_bytes().split(b"\0")):
                yield int(process.parent.name)


def _threads(number: int) -> int:
    try:
        return len(list(Path(f"/proc/{number}/task").iterdir()))
    except OSError:
        return 0
