"""How the benchmark and a peer's process communicate.

The process reads an assignment from a file, and writes lines of JSON to standard output.
The first line says that it is ready: everything is imported and its clients exist.
It begins when a second file appears beside the assignment.
Then it writes one line for each question that ended, and a last one with its calls.
"""

import json
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

_writing = threading.Lock()

#: Answers a question. Raises what the client raises once it gives up.
Answer = Callable[[str], None]


@dataclass(frozen=True)
class Assignment:
    """The questions of one process and the quota. Empty URLs mean AWS's own endpoints."""

    questions: list[str]
    #: Questions that the process works on at a time.
    threads: int
    kendra: str
    bedrock: str
    model: str
    index: str
    max_tokens: int
    tokens_per_minute: float
    burndown: int
    #: About how many tokens a question is charged: what users would have measured.
    mean_charge: float
    #: The URL of an SQS queue with the questions, and the URL of SQS.
    queue: str = ""
    sqs: str = ""
    sqs_credentials: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls) -> Self:
        """Read the file that the command line names."""
        return cls(**json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))

    def write(self, path: Path) -> None:
        """Write the file for a process."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")


class CallCounter:
    """Counts a client's calls with every try, how many were throttled, and the tokens."""

    def __init__(self) -> None:
        self.calls = self.throttled = self.input_tokens = self.output_tokens = 0
        self._guard = threading.Lock()

    def attach(self, client: Any) -> Any:
        """Count the calls of this boto3 client from now on; returns the client."""
        client.meta.events.register("response-received.*", self._received)
        return client

    def _received(self, parsed_response: dict[str, Any] | None, **_: object) -> None:
        parsed = parsed_response or {}
        usage = parsed.get("usage", {})
        with self._guard:
            self.calls += 1
            self.throttled += parsed.get("Error", {}).get("Code") == "ThrottlingException"
            self.input_tokens += usage.get("inputTokens", 0)
            self.output_tokens += usage.get("outputTokens", 0)

    def charged(self, burndown: int) -> int:
        """Tokens charged to the quota."""
        return self.input_tokens + self.output_tokens * burndown


def start_file(assignment: Path) -> Path:
    """The file that makes the process begin when it appears."""
    return assignment.with_suffix(".begin")


def report_ready() -> None:
    """Report that the process is ready, and wait until it may begin."""
    _write(ready=True)
    begin = start_file(Path(sys.argv[1]))
    while not begin.exists():
        time.sleep(0.01)


def report_end(error: BaseException | None = None) -> None:
    """Report a question that was answered, or that failed with an error."""
    _write(at=time.time(), failed=repr(error) if error else None)


def report_try(error: BaseException) -> None:
    """Report a failed try of a question that will come back."""
    _write(gave_up=repr(error))


def report_calls(assignment: Assignment, counter: CallCounter) -> None:
    """Report the calls, as the last line."""
    charged = counter.charged(assignment.burndown)
    _write(calls=counter.calls, throttled=counter.throttled, charged=charged)


def answer_all(assignment: Assignment, counter: CallCounter, answer: Answer) -> None:
    """Answer the questions in order, `threads` at a time, and report everything."""
    report_ready()
    with ThreadPoolExecutor(assignment.threads) as pool:
        for done in as_completed([pool.submit(answer, one) for one in assignment.questions]):
            report_end(done.exception())
    report_calls(assignment, counter)


def _write(**facts: object) -> None:
    # The lock keeps lines of several threads apart.
    with _writing:
        print(json.dumps(facts), flush=True)
