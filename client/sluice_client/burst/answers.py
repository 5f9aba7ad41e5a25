"""Answers: the output, one JSON line per finished job, in the order they arrive.

A question that was asked again has one line for each round, of which the last counts. Once all are
done, `tidy` leaves one line each. So no answer is ever outside the file.
"""

import json
import os
from pathlib import Path
from typing import Any, Self

from sluice_client.api.job import Job
from sluice_client.burst.jsonl_file import JsonlFile
from sluice_client.burst.result import Result, to_record
from sluice_client.burst.submission import Submission


class Answers:
    """The answers at `path`. The caller holds the journal, which locks both files.

    Raises UnusableFile when the file contains something else.
    """

    def __init__(self, path: Path) -> None:
        self._file = JsonlFile(path, "custom_id")
        #: By custom_id, the last of each.
        self.results: dict[str, Result] = {}
        self._lines = 0
        try:
            self._file.read(self._take)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    @property
    def path(self) -> Path:
        """The path of the file."""
        return self._file.path

    def add(self, submission: Submission, job: Job) -> Result:
        """Add a finished job. Raises OSError, and has then added nothing."""
        record = to_record(submission, job)
        self._file.append(record)
        self._take(record)
        return self.results[submission.custom_id]

    def sync(self) -> None:
        """Return once all answers would survive a power cut. Raises OSError."""
        self._file.sync()

    def tidy(self) -> None:
        """Leave one line per question, the last. Raises OSError, and has then changed nothing.

        Nothing can be added afterwards.
        """
        if self._lines == len(self.results):
            return
        self.close()  # Windows replaces no open file
        tidied = self.path.with_name(f"{self.path.name}.tidied")
        try:
            self._write_last_lines(tidied)
            tidied.replace(self.path)
        except BaseException:
            tidied.unlink(missing_ok=True)
            raise

    def _write_last_lines(self, to: Path) -> None:
        with self.path.open("rb") as lines, to.open("wb") as kept:
            for line in lines:
                record = json.loads(line)
                if self.results[str(record["custom_id"])] == Result.of(record):
                    kept.write(line)
            kept.flush()
            os.fsync(kept.fileno())
        to.chmod(self.path.stat().st_mode)

    def _take(self, record: dict[str, Any]) -> None:
        result = Result.of(record)
        self.results[result.custom_id] = result
        self._lines += 1
