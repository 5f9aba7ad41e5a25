"""What every benchmark does at the terminal: options, progress, and the report at the end."""

import argparse
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType

from rich.console import Console
from rich.markdown import Markdown


def say(line: str) -> None:
    """Report progress on standard error, with the time."""
    # One write, since threads report progress too.
    sys.stderr.write(f"{time.strftime('%X')} {line}\n")


def show(report: str) -> None:
    """Print a report in Markdown: formatted on a terminal, plain in a file or a pipe."""
    console = Console()
    if console.is_terminal:
        console.print(Markdown(report))
    else:
        print(report)


def interrupt_on_signals() -> None:
    """Make SIGTERM and SIGHUP raise KeyboardInterrupt, so that what was started is stopped."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)


def integer_from(least: int) -> Callable[[str], int]:
    """A type for argparse: an integer of at least `least`."""

    def integer(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"must be an integer of at least {least}, not {text}")
        return int(text)

    return integer


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
