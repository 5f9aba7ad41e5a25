"""JsonlFile: a JSON Lines file in which each line is appended whole, or not at all.

A process that is killed, or a disk that is full, may leave part of a line. It is removed: at once
where possible, or else when the file is next opened.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sluice_client.burst.errors import UnusableFile


class JsonlFile:
    """The file at `path`, created if it does not exist.

    `first`: the first name in each line's object. It distinguishes a line cut short from a file
    of another kind, which is left unchanged.
    """

    def __init__(self, path: Path, first: str) -> None:
        self.path = path
        if path.exists() and not path.is_file():
            raise UnusableFile(f"{path} is not a file")
        self._beginning = f'{{"{first}": '.encode()
        #: Unbuffered: what is written is in the file.
        self._file = path.open("ab+", buffering=0)
        self._size = 0

    def read(self, take: Callable[[dict[str, Any]], None]) -> None:
        """Call `take` with the object of every line, and remove a line that was cut short.

        Raises UnusableFile when a line is not JSON, or `take` raises ValueError or KeyError.
        """
        self._file.seek(0)
        with open(self._file.fileno(), "rb", closefd=False) as lines:
            for number, line in enumerate(lines, start=1):
                is_complete = line.endswith(b"\n")
                if not is_complete and self._is_cut_short(line):
                    break
                try:
                    take(json.loads(line))
                except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                    raise UnusableFile(
                        f"line {number} of {self.path} was not written by `sluice burst`:"
                        " name another file, or remove the line"
                    ) from None
                self._size += len(line)
                if not is_complete:  # only the newline is missing
                    self._append(b"\n")
                    break
        os.ftruncate(self._file.fileno(), self._size)

    def append(self, record: dict[str, Any]) -> None:
        """Add a line. Raises OSError, and has then added nothing."""
        text = json.dumps(record, ensure_ascii=False)
        # Half of a surrogate pair, which UTF-8 cannot encode, is written as JSON's own escape.
        self._append(text.encode("utf-8", "backslashreplace") + b"\n")

    def sync(self) -> None:
        """Return once the whole file would survive a power cut. Raises OSError."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _append(self, data: bytes) -> None:
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(self._file.fileno(), left) :]
        except BaseException:
            os.ftruncate(self._file.fileno(), self._size)
            raise
        self._size += len(data)

    def _is_cut_short(self, line: bytes) -> bool:
        try:
            json.loads(line)
        except ValueError:
            # A power cut may leave zeros in place of a line.
            begun = line.rstrip(b"\0")[: len(self._beginning)]
            return self._beginning.startswith(begun)
        return False
