"""Journal: which bundles are on their way, kept beside the answers until all have ended.

A bundle is written down before it is sent, with everything in it, and its batch once the service
has accepted it. A run that ends between the two sends the bundle again, under the same key. The
input may change meanwhile: what was sent is here.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from sluice_client.burst.jsonl_file import LineFile
from sluice_client.burst.submission import Ask, Bundle


@dataclass(frozen=True)
class Entry:
    """A bundle that may have been sent."""

    bundle: Bundle
    #: Seconds since 1970: not sent before.
    since: float
    #: None as long as nobody knows whether the service has it.
    batch_id: str | None = None


class Journal:
    """The journal beside the answers. Every line is on the disk before the next thing is done."""

    def __init__(self, answers: Path) -> None:
        path = answers.with_name(f"{answers.name}.state")
        self._file = LineFile(path, "key")
        self._entries: dict[str, Entry] = {}
        try:
            self._file.read(self._take)
            _sync_folder(path.parent)
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
    def entries(self) -> Mapping[str, Entry]:
        """What may be on its way, by key, in the order it was sent."""
        return self._entries

    @property
    def knows_the_service(self) -> bool:
        """Whether it has accepted something."""
        return any(entry.batch_id for entry in self._entries.values())

    def will_send(self, bundle: Bundle, now: float) -> None:
        """Write down a bundle that is about to be sent, once."""
        if bundle.key not in self._entries:
            asks = [{"round": ask.round, "question": ask.question} for ask in bundle.asks]
            self._write({"key": bundle.key, "since": now, "asks": asks})

    def accepted(self, bundle: Bundle, batch_id: str) -> None:
        """Write down that the service has it, as this batch."""
        self._write({"key": bundle.key, "batch_id": batch_id})

    def forget(self, bundle: Bundle) -> None:
        """Write down that the service has no such batch."""
        if bundle.key in self._entries:
            self._write({"key": bundle.key, "forgotten": True})

    def remove(self) -> None:
        """Take it away: everything has ended."""
        self._file.path.unlink(missing_ok=True)

    def _write(self, record: dict[str, Any]) -> None:
        self._file.append(record)
        self._file.sync()
        self._take(record)

    def _take(self, record: dict[str, Any]) -> None:
        key = record["key"]
        if "asks" in record:
            asks = tuple(Ask(ask["question"], ask["round"]) for ask in record["asks"])
            self._entries[key] = Entry(Bundle(asks), record["since"])
        elif "batch_id" in record:
            self._entries[key] = replace(self._entries[key], batch_id=record["batch_id"])
        else:
            del self._entries[key]


def _sync_folder(folder: Path) -> None:
    """Make a file that was just made survive a power cut; Windows knows no such thing."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
