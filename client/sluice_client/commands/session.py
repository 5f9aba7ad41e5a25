"""Session: what a command works with: a clock, the two output streams, and the network.

stdout carries the result and nothing else; progress, notes and errors go to stderr.
"""

import json
import sys
from dataclasses import dataclass, field
from typing import Any, TextIO

import httpx
from rich.console import Console
from rich.text import Text

from sluice_client.transport.clock import Clock, SystemClock
from sluice_client.views.printable import one_line


def _console(stream: TextIO, *, stderr: bool) -> Console:
    # A pipe gets no escape codes, whatever the environment says about colours.
    return Console(
        stderr=stderr,
        force_terminal=stream.isatty(),
        highlight=False,
        markup=False,
        emoji=False,
    )


@dataclass
class Session:
    """One run of the command. Tests set `transport` and `clock`."""

    #: What the client sends requests through; None: the network.
    transport: httpx.BaseTransport | None = None
    clock: Clock = field(default_factory=SystemClock)
    out: Console = field(default_factory=lambda: _console(sys.stdout, stderr=False))
    err: Console = field(default_factory=lambda: _console(sys.stderr, stderr=True))

    def note(self, message: str, style: str = "") -> None:
        """Print one line on stderr, without control characters."""
        self.err.print(Text(one_line(message), style), soft_wrap=True)

    def print_json(self, document: dict[str, Any]) -> None:
        """Print JSON on stdout, in ASCII, which every encoding and terminal can show."""
        self.out.print(Text(json.dumps(document, indent=2)), soft_wrap=True)
