"""Timed cold starts: code that runs once in a fresh interpreter and sees one folder of packages."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

#: What the functions and boto3 read from the environment. No service is called.
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_DEFAULT_REGION": "us-east-1",
    "TABLE_NAME": "jobs",
    "QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/000000000000/jobs",
    "BULK_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/000000000000/bulk",
    "DEAD_LETTER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/000000000000/dead",
    "PUSH_URL": "https://none.execute-api.us-east-1.amazonaws.com/v1",
    "KENDRA_INDEX_ID": "00000000-0000-0000-0000-000000000000",
    "MODEL_ID": "amazon.nova-lite-v1:0",
    # A measurement must not leave bytecode behind that speeds up the next one.
    "PYTHONDONTWRITEBYTECODE": "1",
}

_TIMED = """\
import time
begun = time.perf_counter()
{code}
print((time.perf_counter() - begun) * 1000)
"""


class StartFailed(Exception):
    """The code that was to be timed raised an error."""


@dataclass(frozen=True)
class Start:
    """Code to time. It can import the packages in `folder` and the standard library."""

    name: str
    folder: Path
    code: str

    def milliseconds(self, python: Path) -> float:
        """Time one start, not counting the interpreter's own. Raises StartFailed."""
        ran = subprocess.run(
            # Without site-packages, so that only `folder` is found.
            [str(python), "-s", "-S", "-c", _TIMED.format(code=self.code)],
            env=ENVIRONMENT | {"PYTHONPATH": str(self.folder)},
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode:
            raise StartFailed(f"{self.name} did not start:\n{ran.stderr}")
        return float(ran.stdout.split()[-1])


def time_side_by_side(starts: Sequence[Start], python: Path, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each start in each round, by its name.

    Each round runs every start once, so that other load on the machine slows all of them.
    A first round, not counted, fills the file cache.
    """
    found = [[start.milliseconds(python) for start in starts] for _ in range(rounds + 1)]
    return {
        start.name: list(times)
        for start, times in zip(starts, zip(*found[1:], strict=True), strict=True)
    }


def version_of(python: Path) -> str:
    """The version of an interpreter, such as 3.13.0."""
    command = [str(python), "-c", "import platform; print(platform.python_version())"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
