"""LineFile: JSON lines that are appended whole, or not at all.

A process that is killed, or a disk that is full, may leave the beginning of a line. It is taken
away: at once where possible, else when the file is next opened.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sluice_client.burst.errors import Unusable


class LineFile:
    """The file at `path`, made if it is not there.

    `first`: the name that each line's object begins with. It tells a line cut short from a file
    of somebody else's, which is not touched.
    """

    def __init__(self, path: Path, first: str) -> None:
        self.path = path
        if path.exists() and not path.is_file():
            raise Unusable(f"{path} is not a file")
        self._beginning = f'{{"{first}": '.encode()
        #: Unbuffered: what is written is in the file.
        self._file = path.open("ab+", buffering=0)
        self._size = 0

    def fileno(self) -> int:
        """The open file's descriptor."""
        return self._file.fileno()

    def read(self, take: Callable[[dict[str, Any]], None]) -> None:
        """Hand over every line's object, and mend the end of the file.

        Raises Unusable when a line is none, or `take` raises ValueError or KeyError.
        """
        self._file.seek(0)
        with open(self._file.fileno(), "rb", closefd=False) as lines:
            for number, line in enumerate(lines, start=1):
                whole = line.endswith(b"\n")
                if not whole and self._is_cut_short(line):
                    break
                try:
                    take(json.loads(line))
                except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                    raise Unusable(
                        f"line {number} of {self.path} was not written by `sluice burst`:"
                        " name another file, or take the line out"
                    ) from None
                self._size += len(line)
                if not whole:  # only its end is missing
                    self._append(b"\n")
                    break
        os.ftruncate(self.fileno(), self._size)

    def append(self, record: dict[str, Any]) -> None:
        """Add a line. Raises OSError, and has then added nothing."""
        text = json.dumps(record, ensure_ascii=False)
        # Half a character, which UTF-8 cannot carry, is written as JSON's own escape.
        self._append(text.encode("utf-8", "backslashreplace") + b"\n")

    def sync(self) -> None:
        """Return when all of it would survive a power cut."""
        os.fsync(self.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _append(self, data: bytes) -> None:
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(self.fileno(), left) :]
        except BaseException:
            os.ftruncate(self.fileno(), self._size)
            raise
        self._size += len(data)

    def _is_cut_short(self, line: bytes) -> bool:
        try:
            json.loads(line)
        except ValueError:
            # A power cut may leave zeros where a line was to be.
            begun = line.rstrip(b"\0")[: len(self._beginning)]
            return self._beginning.startswith(begun)
        return False
