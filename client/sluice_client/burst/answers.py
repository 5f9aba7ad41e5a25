"""Answers: the output, one JSON line per finished job, as they come.

A question that was asked again has a line for each time, of which the last counts, until all are
done: then `tidy` leaves one line each. So at no moment is an answer anywhere but in the file.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any, Self

from sluice_client.api.job import Job
from sluice_client.burst.errors import Unusable
from sluice_client.burst.jsonl_file import LineFile
from sluice_client.burst.result import Outcome, record_of
from sluice_client.burst.submission import Ask

if sys.platform != "win32":
    import fcntl


class Answers:
    """The answers at `path`, in the hands of one run at a time (on Windows nobody checks that).

    Raises Unusable when another run has them, or when it is a file of something else.
    """

    def __init__(self, path: Path) -> None:
        self._file = LineFile(path, "custom_id")
        #: By custom_id, the last of each.
        self.outcomes: dict[str, Outcome] = {}
        self._lines = 0
        try:
            self._lock()
            self._file.read(self._take)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and let others have it."""
        self._file.close()

    @property
    def path(self) -> Path:
        """Where they are."""
        return self._file.path

    def add(self, ask: Ask, job: Job) -> Outcome:
        """Add a finished job. Raises OSError, and has then added nothing."""
        record = record_of(ask, job)
        self._file.append(record)
        self._take(record)
        return self.outcomes[ask.custom_id]

    def settle(self) -> None:
        """Return when all would survive a power cut. Raises OSError."""
        self._file.sync()

    def tidy(self) -> None:
        """Leave one line per question, the last. Raises OSError, and has then changed nothing.

        Nothing can be added afterwards.
        """
        if self._lines == len(self.outcomes):
            return
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
                if self.outcomes[str(record["custom_id"])] == Outcome.of(record):
                    kept.write(line)
            kept.flush()
            os.fsync(kept.fileno())
        to.chmod(self.path.stat().st_mode)

    def _take(self, record: dict[str, Any]) -> None:
        outcome = Outcome.of(record)
        self.outcomes[outcome.custom_id] = outcome
        self._lines += 1

    def _lock(self) -> None:
        if sys.platform == "win32":
            return
        try:
            fcntl.flock(self._file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unusable(f"another `sluice burst` is writing {self.path}") from None
        # It may have been tidied since it was opened: then this is not the file that is there.
        if not os.path.samestat(os.fstat(self._file.fileno()), self.path.stat()):
            raise Unusable(f"another `sluice burst` has just written {self.path}: run it again")
