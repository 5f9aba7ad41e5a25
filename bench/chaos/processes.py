"""The processes of a Lambda function in one local stack, and signals to them."""

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

#: A busy worker has its main thread, one that extends its leases, and one for each job. It starts
#: the last of these once it has received messages.
_THREADS_AT_WORK = 3


def of_function(function: str, port: int, *, at_work: bool = False) -> list[int]:
    """The ids of a function's processes in the stack on this port; `at_work`: only busy workers."""
    marks = {f"AWS_LAMBDA_FUNCTION_NAME={function}".encode(), f"GATEWAY_PORT={port}".encode()}
    least = _THREADS_AT_WORK if at_work else 1
    return sorted(number for number in _marked(marks) if _threads(number) >= least)


def send(numbers: Sequence[int], what: signal.Signals) -> None:
    """Send a signal to processes; those that have already ended are ignored."""
    for number in numbers:
        with suppress(ProcessLookupError):
            os.kill(number, what)


def _marked(marks: set[bytes]) -> Iterator[int]:
    for process in Path("/proc").glob("[0-9]*/environ"):
        # The process may have ended, or belong to somebody else.
        with suppress(OSError):
            if marks <= set(process.read_bytes().split(b"\0")):
                yield int(process.parent.name)


def _threads(number: int) -> int:
    try:
        return len(list(Path(f"/proc/{number}/task").iterdir()))
    except OSError:
        return 0
