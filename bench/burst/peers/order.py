"""What a peer is told, in a file, and what it tells: lines of JSON on standard output.

It tells that it is ready once everything is imported and made, and begins when there is a second
file beside the order. It tells of each question as it is answered or given up, and of its calls.
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

_telling = threading.Lock()

#: Answers a question. Raises what the client raises once it gives up.
Answer = Callable[[str], None]


@dataclass(frozen=True)
class Order:
    """What to do. Empty addresses are AWS's own."""

    questions: list[str]
    #: Questions that are worked on at a time.
    threads: int
    kendra: str
    bedrock: str
    model: str
    index: str
    max_tokens: int
    tokens_per_minute: float
    burndown: int
    #: Tokens that a question is charged as, about: what its users would have measured.
    mean_charge: float
    #: An SQS queue with the questions, and the address of SQS.
    queue: str = ""
    sqs: str = ""
    sqs_credentials: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls) -> Self:
        """The order in the file that the command line names."""
        return cls(**json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")


class Tally:
    """Counts a client's calls: every try, and those that were throttled."""

    def __init__(self) -> None:
        self.calls = self.throttled = self.input_tokens = self.output_tokens = 0
        self._guard = threading.Lock()

    def count(self, client: Any) -> Any:
        """Count what this boto3 client does from now on; returns the client."""
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
        return self.input_tokens + self.output_tokens * burndown


def beginning(order: Path) -> Path:
    """The file whose existence means that it is time to begin."""
    return order.with_suffix(".begin")


def tell(**facts: object) -> None:
    """Tell one line, whole: threads tell too."""
    with _telling:
        print(json.dumps(facts), flush=True)


def await_start() -> None:
    """Tell that all is ready, and wait until it is time to begin."""
    tell(ready=True)
    begin = beginning(Path(sys.argv[1]))
    while not begin.exists():
        time.sleep(0.01)


def tell_end(order: Order, tally: Tally) -> None:
    """Tell of the calls, as the last line."""
    tell(calls=tally.calls, throttled=tally.throttled, charged=tally.charged(order.burndown))


def answer_all(order: Order, tally: Tally, answer: Answer) -> None:
    """Answer the questions, so many at a time, in order."""
    await_start()
    with ThreadPoolExecutor(order.threads) as pool:
        for done in as_completed([pool.submit(answer, one) for one in order.questions]):
            error = done.exception()
            tell(at=time.time(), failed=repr(error) if error else None)
    tell_end(order, tally)
